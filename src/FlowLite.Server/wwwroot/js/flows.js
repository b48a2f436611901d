// "Run" in the list of flows: the Studio only says that a flow can't be started, when what it lacks is a request.

import { api } from "./session.js";

const hint = document.getElementById("run-hint");
const execute = /^\/elsa\/api\/workflow-definitions\/([^/]+)\/execute$/;
let asked = 0;

new PerformanceObserver(list => {
    const entry = list.getEntries().map(one => execute.exec(new URL(one.name).pathname)).findLast(match => match);
    if (entry) {
        clearTimeout(asked);
        // After a start the Studio goes to the run's page. When this page is still here nothing was started.
        asked = setTimeout(() => explain(decodeURIComponent(entry[1])), 1000);
    }
}).observe({ type: "resource" });

async function explain(flow) {
    const designer = `/studio/workflows/definitions/${encodeURIComponent(flow)}/edit`;
    let text = "This flow can't be started.";
    let link = Object.assign(document.createElement("a"), { href: designer, textContent: "Open it: publishing says what is wrong" });
    try {
        const triggers = (await api(`/api/flows/${encodeURIComponent(flow)}/triggers`)).value;
        if (triggers.some(trigger => trigger.name)) {
            text = "This flow starts with a request, which “Run” has none of.";
            link = Object.assign(document.createElement("a"), { href: `${designer}#test-title`, textContent: "Send it a test lead" });
        }
    } catch {
        // What is known is said all the same.
    }

    hint.replaceChildren(text, " ", link, ".");
    hint.hidden = false;
}
