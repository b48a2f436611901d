// What every page has: the theme's toggle, times in the reader's zone, and the skip link, which must not follow the page's base address.

const toggle = document.getElementById("theme-toggle");
const isDark = () => document.documentElement.dataset.theme === "dark";

function showTheme() {
    toggle.setAttribute("aria-pressed", String(isDark()));
}

toggle.addEventListener("click", () => window.setFlowLiteTheme(isDark() ? "light" : "dark"));
document.addEventListener("flowlite-theme", showTheme);
showTheme();

document.querySelector(".skip-link").addEventListener("click", event => {
    event.preventDefault();
    document.getElementById("content").focus();
});

for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString();
}

if (document.querySelector(".sign-in")) {
    new BroadcastChannel("flowlite-session").postMessage("over");
}
