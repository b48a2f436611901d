// What every page has: the theme's toggle, and the skip link, which must not follow the page's base address.

const key = "flowlite-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const toggle = document.getElementById("theme-toggle");

function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : dark.matches;
}

function showTheme() {
    toggle.setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new CustomEvent("flowlite-theme", { detail: { dark: isDark() } }));
}

toggle.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(key, next);
    showTheme();
});
dark.addEventListener("change", showTheme);
showTheme();

document.querySelector(".skip-link").addEventListener("click", event => {
    event.preventDefault();
    document.getElementById("content").focus();
});
