// The panel beside the editor.

const panel = document.getElementById("flow-panel");
const toggle = document.getElementById("flow-panel-toggle");
const key = "flowlite-panel";

function show(open) {
    toggle.setAttribute("aria-expanded", String(open));
    panel.classList.toggle("closed", !open);
}

toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    localStorage.setItem(key, open ? "open" : "closed");
    show(open);
});
// The editor needs the width on small screens.
const chosen = localStorage.getItem(key);
show(chosen ? chosen === "open" : innerWidth >= 1280);
