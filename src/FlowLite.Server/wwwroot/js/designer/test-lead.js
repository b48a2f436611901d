// A test lead: made from the schema, changed as one likes, sent as the marketplace sends it, and followed through its run.

import { api } from "../session.js";

const find = id => document.getElementById(id);
const over = ["Succeeded", "Failed", "Cancelled", "Quarantined"];

/** Gives what tells, after the Studio's Run could not start the flow, how it is started. */
export function startTest(flow, openPanel) {
    const [body, send, renew, status] = [find("test-body"), find("send-test"), find("new-test"), find("test-status")];
    const base = `/api/flows/${encodeURIComponent(flow)}`;
    let target = null;
    let made = null;
    let watched = null;

    find("flow-panel").addEventListener("flowlite-trigger", event => {
        target = event.detail.url && { ...event.detail.url, name: event.detail.trigger.name };
        send.disabled = renew.disabled = !target;
        if (!target) {
            status.textContent = "There is nothing to send it to before the flow is published.";
        } else if (body.value === "" || body.value === made) {
            make();
        }
    });

    async function make() {
        try {
            const sample = await api(`${base}/triggers/${encodeURIComponent(target.name)}/test-lead`);
            body.value = made = JSON.stringify(sample.value, null, 2);
            status.textContent = sample.errors.length === 0 ? ""
                : `This doesn't match the schema yet: ${sample.errors.map(error => `${error.path} ${error.message}`).join(" ")}`;
        } catch (error) {
            status.textContent = error.message;
        }
    }

    async function sendIt() {
        send.disabled = true;
        find("test-run").hidden = true;
        status.textContent = "Sending…";
        try {
            // The address from outside may not be reached from here; this server answers to its own as well.
            const path = target.value.slice(target.value.indexOf("/workflows/")).replace(/%7B\w+%7D|\{\w+\}/g, "test");
            const hasBody = !["GET", "DELETE"].includes(target.method);
            const answer = await fetch(path, {
                method: target.method, credentials: "omit", cache: "no-store",
                headers: hasBody ? { "Content-Type": "application/json" } : {}, body: hasBody ? body.value : undefined,
            });
            // Read in any case: a body that is left unread is an aborted request to the browser.
            const text = await answer.text();
            const run = answer.headers.get("x-ms-workflow-run-id");
            if (run) {
                watch(run);
            } else {
                status.textContent = `Refused with ${answer.status}: ${messageOf(text)} It is kept in the inbox unless its signature is wrong.`;
            }
        } catch (error) {
            status.textContent = `It could not be sent: ${error.message}`;
        } finally {
            send.disabled = false;
        }
    }

    async function watch(run) {
        watched = run;
        find("test-link").href = `/studio/workflows/instances/${encodeURIComponent(run)}/view`;
        find("test-run").hidden = false;
        find("test-actions").replaceChildren();
        while (watched === run) {
            try {
                const now = await api(`${base}/runs/${run}`);
                show(now);
                if (over.includes(now.status)) {
                    return;
                }
            } catch (error) {
                status.textContent = error.message;
            }

            await new Promise(resume => setTimeout(resume, 700));
        }
    }

    function show(run) {
        const line = `The run is ${run.status}.${run.error ? ` ${run.error.code}: ${run.error.message}` : ""}`;
        if (status.textContent !== line) {
            status.textContent = line;
        }

        find("test-actions").replaceChildren(...run.actions.map(action => {
            const li = document.createElement("li");
            const state = document.createElement("span");
            state.className = action.status;
            state.textContent = action.status;
            li.append(`${action.name}: `, state, action.error ? ` (${action.error.message})` : "");
            return li;
        }));
    }

    send.addEventListener("click", sendIt);
    renew.addEventListener("click", make);

    return () => {
        if (target) {
            openPanel();
            status.textContent = "“Run” has no request to give to a flow that waits for one. Send it a test lead from here.";
            send.focus();
            find("test-title").scrollIntoView({ block: "start" });
        }
    };
}

function messageOf(text) {
    try {
        return JSON.parse(text).error.message;
    } catch {
        return text || "no reason given.";
    }
}
