// The panel beside the editor: what Flow's designer has and the Studio lacks.

import { startContent } from "./designer/content.js";
import { startMapping } from "./designer/mapping.js";
import { startSchema } from "./designer/schema.js";
import { startTest } from "./designer/test-lead.js";
import { startUrl } from "./designer/url.js";

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

// From the list of flows, to send a test lead. What stands above has its height once the flow's URL is known.
if (location.hash === "#test-title") {
    show(true);
    panel.addEventListener("flowlite-trigger", () => document.getElementById("test-title").scrollIntoView({ block: "start" }), { once: true });
}

const flow = panel.dataset.definitionId;
const saved = new EventTarget();
startUrl(flow, saved);
startContent(flow, saved);
const explainRun = startTest(flow, () => show(true));
startSchema();
startMapping(flow);

// The Studio tells nobody when it has saved or published; the browser does. After a save several requests follow each other.
const definitions = /^\/elsa\/api\/workflow-definitions(\/import|\/[^/]+\/(publish|retract|revert\/\d+))?$/;
let announced = 0;
let refused = 0;
new PerformanceObserver(list => {
    if (list.getEntries().some(entry => isSave(new URL(entry.name)))) {
        clearTimeout(announced);
        announced = setTimeout(() => saved.dispatchEvent(new Event("saved")), 150);
    }

    // After Run the Studio goes to the run's page. When this page is still here the flow couldn't be started.
    if (list.getEntries().some(entry => new URL(entry.name).pathname === `/elsa/api/workflow-definitions/${encodeURIComponent(flow)}/execute`)) {
        clearTimeout(refused);
        refused = setTimeout(explainRun, 1000);
    }
}).observe({ type: "resource" });

function isSave(url) {
    return url.origin === location.origin && url.search === "" && definitions.test(url.pathname);
}
