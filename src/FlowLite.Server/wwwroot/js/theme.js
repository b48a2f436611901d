// Runs before the page is drawn, so that it never appears in the other theme first.
(function () {
    const chosen = localStorage.getItem("flowlite-theme");
    if (chosen === "light" || chosen === "dark") {
        document.documentElement.dataset.theme = chosen;
    }
})();
