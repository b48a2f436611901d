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
show(localStorage.getItem(key) !== "closed");
