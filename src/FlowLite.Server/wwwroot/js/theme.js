// Runs before the page is drawn, so that it never appears in the other theme first: <html data-theme> is "light" or "dark".
(function () {
    const preference = matchMedia("(prefers-color-scheme: dark)");

    function apply() {
        const chosen = localStorage.getItem("flowlite-theme");
        document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : preference.matches ? "dark" : "light";
        document.dispatchEvent(new Event("flowlite-theme"));
    }

    window.setFlowLiteTheme = function (theme) {
        localStorage.setItem("flowlite-theme", theme);
        apply();
    };
    preference.addEventListener("change", apply);
    apply();
})();
