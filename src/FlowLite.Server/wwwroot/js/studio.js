// Puts one element of Elsa Studio into the page and keeps it supplied with access tokens.

import { accessToken } from "./session.js";

const place = document.getElementById("studio");
const endpoint = new URL("/elsa/api", location.origin).href;

const open = {
    "elsa-workflow-definition-list": ["editWorkflowDefinition", id => `/studio/workflows/definitions/${encodeURIComponent(id)}/edit`],
    "elsa-workflow-instance-list": ["viewWorkflowInstance", id => `/studio/workflows/instances/${encodeURIComponent(id)}/view`],
    "elsa-workflow-instance-viewer": ["editWorkflowDefinition", id => `/studio/workflows/definitions/${encodeURIComponent(id)}/edit`],
};

let handedOn = null;

// The Studio reads a token once; a further provider element replaces it.
function provide(token) {
    if (token === handedOn) {
        return;
    }

    handedOn = token;
    const provider = document.createElement("elsa-backend-provider");
    provider.setAttribute("remote-endpoint", endpoint);
    provider.setAttribute("access-token", token);
    if (place.dataset.flow) {
        // The Studio says with every request which tenant it is for. Here it says which flow's runs the page shows.
        provider.setAttribute("tenant-id-header-name", "FlowLite-Flow");
        provider.setAttribute("tenant-id", encodeURIComponent(place.dataset.flow));
    }

    place.append(provider);
}

async function renew() {
    try {
        provide(await accessToken());
    } catch {
        // The session is over, which the page says by now, or the server is away: the next minute tries again.
    }
}

// The Studio asks Monaco for its light theme always; in the dark that name stands for the dark one.
function showTheme() {
    const base = document.documentElement.dataset.theme === "dark" ? "vs-dark" : "vs";
    window.monaco?.editor.defineTheme("vs", { base, inherit: true, rules: [], colors: {} });
}

async function start() {
    showTheme();
    document.addEventListener("flowlite-theme", showTheme);
    const { element: tag, attribute, value } = place.dataset;
    provide(await accessToken());
    const element = document.createElement(tag);
    if (attribute) {
        element.setAttribute(attribute, value);
    }

    place.append(element);
    await customElements.whenDefined(tag);
    // Monaco's loader may not have been through when the page began; it has by now, and no editor stands yet.
    showTheme();
    // An element that is not defined yet loses what was set on it.
    const event = open[tag];
    if (event) {
        element[event[0]] = id => location.assign(event[1](id));
    }

    place.querySelector(".loading")?.remove();
    setInterval(renew, 60_000);
    // A machine that slept has old tokens and late timers.
    document.addEventListener("visibilitychange", () => document.hidden || renew());
    addEventListener("online", renew);
}

start().catch(error => {
    const line = place.querySelector(".loading");
    if (line) {
        line.textContent = `The Studio can't start. ${error.message}`;
    }
});
