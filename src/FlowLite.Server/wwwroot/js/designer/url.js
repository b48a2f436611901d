// The trigger's URL. Others learn which trigger is chosen by the event "flowlite-trigger" of the panel.

import { api } from "../session.js";

const find = id => document.getElementById(id);

export function startUrl(flow, saved) {
    const [choice, url, status] = [find("trigger-choice"), find("trigger-url"), find("url-status")];
    const base = `/api/flows/${encodeURIComponent(flow)}/triggers`;
    let triggers = [];

    async function refresh() {
        try {
            triggers = (await api(base)).value.filter(trigger => trigger.name);
        } catch (error) {
            status.textContent = error.message;
            return;
        }

        const before = choice.value;
        choice.replaceChildren(...triggers.map(trigger => new Option(trigger.title, trigger.name)));
        if (triggers.some(trigger => trigger.name === before)) {
            choice.value = before;
        }

        find("trigger-field").hidden = triggers.length < 2;
        if (triggers.length === 0) {
            find("url-some").hidden = true;
            status.textContent = "Publish a flow with the trigger “When an HTTP request is received” to get its URL.";
            announce(null, null);
            return;
        }

        await list();
    }

    async function list(notAfter) {
        const trigger = triggers.find(one => one.name === choice.value);
        try {
            const given = await api(`${base}/${encodeURIComponent(trigger.name)}/listCallbackUrl`, { method: "POST", body: notAfter ? { notAfter } : {} });
            url.value = given.value;
            find("trigger-method").textContent = given.method;
            find("url-warning").hidden = given.value.startsWith("https:");
            // Not before: an empty URL could be copied.
            find("url-some").hidden = false;
            status.textContent = notAfter ? `This URL works until ${new Date(notAfter).toLocaleString()}.`
                : trigger.isPublished ? "" : "Nothing that is published starts with this trigger: requests are kept in the inbox.";
            announce(trigger, given);
        } catch (error) {
            status.textContent = error.message;
        }
    }

    function announce(trigger, given) {
        find("flow-panel").dispatchEvent(new CustomEvent("flowlite-trigger", { detail: { trigger, url: given } }));
    }

    choice.addEventListener("change", () => list());
    find("copy-url").addEventListener("click", () => copy(url.value, status, "The URL is in the clipboard."));
    find("make-expiring").addEventListener("click", () => {
        const at = new Date(find("expires-at").value);
        if (Number.isNaN(at.getTime())) {
            status.textContent = "Choose until when the URL shall work.";
            find("expires-at").focus();
            return;
        }

        list(at.toISOString());
    });
    saved.addEventListener("saved", refresh);
    refresh();
}

/** Says in `status` how it went; without access to the clipboard the text is selected where it stands. */
export async function copy(text, status, done, from = find("trigger-url")) {
    try {
        await navigator.clipboard.writeText(text);
        status.textContent = done;
    } catch {
        from.focus();
        from.select();
        status.textContent = "The browser doesn't let the page copy: press Ctrl+C.";
    }
}
