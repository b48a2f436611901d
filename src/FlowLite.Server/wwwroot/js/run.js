// A run: its state, what each action received and made, and what can be done with it. Follows a run that goes on.

import { api, SessionOver } from "./session.js";

const page = document.getElementById("run");
const { flowId, runId, runs } = page.dataset;
const address = `/api/flows/${encodeURIComponent(flowId)}/runs/${encodeURIComponent(runId)}`;
const part = name => document.getElementById(`run-${name}`);
const isOver = status => !["Running", "Waiting"].includes(status);

// A loop may have made thousands; so many rows at first, and so many more each time that they are asked for.
const step = 200;

let shown = "";
let rowsAtMost = step;

function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter(child => child != null));
    return made;
}

const pathOf = id => `${runs}/${encodeURIComponent(id)}/view`;

function time(text) {
    return text ? element("time", { dateTime: text, title: text }, new Date(text).toLocaleString()) : "";
}

// ISO 8601, as the server writes it: P1DT2H3M4.5S.
function duration(text) {
    const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text ?? "");
    if (!match) {
        return text ?? "";
    }

    const [days, hours, minutes, seconds] = match.slice(1).map(part => Number(part ?? 0));
    if (days + hours + minutes === 0) {
        return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
    }

    return [[days, "d"], [hours, "h"], [minutes, "min"], [Math.round(seconds), "s"]].filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

function status(text) {
    const made = element("span", { className: "status" }, text);
    made.dataset.status = text;
    return made;
}

const actBy = {
    author: "(For the flow's author.)",
    administrator: "(For the server's administrator.)",
    crm: "(For who looks after the CRM.)",
};

function sayError(error) {
    return [[error.code, error.message].filter(Boolean).join(": "), actBy[error.actBy]].filter(Boolean).join(" ");
}

function block(title, value) {
    if (value == null) {
        return null;
    }

    return element("div", {}, element("h2", {}, title), element("pre", { tabIndex: 0 }, typeof value === "string" ? value : JSON.stringify(value, null, 2)));
}

function attempts(action) {
    if (!action.attempts?.some(attempt => attempt.error || attempt.retryAt)) {
        return null;
    }

    const list = element("ol");
    for (const attempt of action.attempts) {
        list.append(element("li", {},
            time(attempt.startTime), " ", attempt.error ? sayError(attempt.error) : "succeeded",
            attempt.retryAt ? element("span", {}, " — again at ", time(attempt.retryAt)) : null));
    }

    return element("div", {}, element("h2", {}, "Attempts"), list);
}

function details(action, key, open) {
    const parts = [
        block("Inputs", action.inputs), block("Outputs", action.outputs), attempts(action),
        action.error?.details == null ? null : block("Error details", action.error.details),
        action.log?.length ? block("Log", action.log.join("\n")) : null,
    ].filter(Boolean);
    if (parts.length === 0) {
        return null;
    }

    const made = element("details", { open: open.has(key) }, element("summary", {}, "Inputs and outputs"), ...parts);
    made.dataset.key = key;
    return made;
}

function row(action, open) {
    const key = action.instance ?? `${action.activityId}/${action.itemPath ?? ""}`;
    const failed = action.status === "Failed";
    const waits = action.waitsUntil && action.status === "Waiting" ? element("div", { className: "type" }, "until ", time(action.waitsUntil)) : null;
    const waitsFor = action.status === "Waiting" ? (action.waitsFor ?? []).slice(0, 3).map(wait => element("div", { className: "type" },
        `for ${wait.kind} `, wait.kind === "child" ? element("a", { href: pathOf(wait.key) }, wait.key) : wait.key)) : [];
    const started = (action.runs ?? []).map(run => element("div", { className: "type" }, "started ", element("a", { href: pathOf(run.runId) }, run.flowId)));
    const retries = Math.max((action.attempts?.length ?? 0) - 1, 0);
    const made = element("tr", { className: failed ? "failed" : "" },
        element("th", { scope: "row" },
            action.name,
            element("div", { className: "type" }, [action.type, action.itemPath ? `item ${action.itemPath}` : null, action.late ? "answered after the run had ended" : null, action.note].filter(Boolean).join(" · ")),
            ...started,
            failed && action.error ? element("p", { className: "problem" }, sayError(action.error)) : null,
            details(action, key, open)),
        element("td", {}, status(action.status), waits, ...waitsFor),
        element("td", {}, action.attempts?.length ? `${action.attempts.length}${retries ? ` (${retries} ${retries === 1 ? "retry" : "retries"})` : ""}` : ""),
        element("td", {}, time(action.startTime)),
        element("td", {}, duration(action.duration)));
    return made;
}

function fact(name, value) {
    return value == null || value === "" ? null : element("div", {}, element("dt", {}, name), element("dd", {}, value));
}

function show(run) {
    const text = JSON.stringify(run);
    if (text === shown) {
        return;
    }

    shown = text;
    part("status").textContent = run.status;
    part("status").dataset.status = run.status;
    part("cancel").hidden = isOver(run.status);
    part("facts").replaceChildren(...[
        fact("Started", time(run.startTime)),
        fact("Duration", run.duration ? duration(run.duration) : null),
        fact("Run", element("code", {}, run.id)),
        fact("Client tracking id", run.clientTrackingId === run.id ? null : run.clientTrackingId),
        fact("Resubmit of", run.resubmitOf ? element("a", { href: pathOf(run.resubmitOf) }, run.resubmitOf) : null),
        fact("Started by", run.parentRunId ? element("a", { href: pathOf(run.parentRunId) }, run.parentRunId) : null),
        fact("Waits for the end of", run.standsBehind ? element("a", { href: pathOf(run.standsBehind) }, run.standsBehind) : null),
        fact("Cancelled because", run.cancelReason),
        fact("Taken up after a crash", run.recoveries?.length ? `${run.recoveries.length}×` : null),
    ].filter(Boolean));
    problem(run.error ? sayError(run.error) : null);

    const rows = part("actions");
    const open = new Set([...rows.querySelectorAll("details[open]")].map(d => d.dataset.key));
    const trigger = {
        name: run.trigger.name ?? run.trigger.activityId ?? "Trigger", activityId: "trigger", status: "Succeeded", startTime: run.trigger.startTime,
        outputs: run.trigger.outputs, type: "Trigger",
    };
    // A version that can't be read any more has no activity for its trigger.
    const actions = run.actions.some(action => action.activityId === run.trigger.activityId) ? run.actions : [trigger, ...run.actions];
    rows.replaceChildren(...actions.map(action => row(action, open)));
    part("rest").hidden = run.actions.length >= run.actionCount;
    part("count").textContent = `${run.actions.length} of ${run.actionCount} actions are shown: the first ${rowsAtMost}, and of the others some that failed or are not done.`;
}

function problem(text) {
    part("problem").hidden = !text;
    part("problem").textContent = text ?? "";
}

const read = () => api(`${address}?actions=${rowsAtMost}`);

async function follow() {
    let pause = 2000;
    try {
        const run = await read();
        show(run);
        if (isOver(run.status)) {
            return;
        }
    } catch (error) {
        if (error instanceof SessionOver) {
            // The page says so. Who signs in again, in another tab, comes back to this one.
            document.addEventListener("visibilitychange", follow, { once: true });
            return;
        }

        problem(error.message);
        pause = 10_000;
    }

    setTimeout(follow, pause);
}

async function act(button, action) {
    button.disabled = true;
    try {
        await action();
    } catch (error) {
        problem(error.message);
    } finally {
        button.disabled = false;
    }
}

part("resubmit").addEventListener("click", event => act(event.target, async () => {
    const { runId: newId } = await api(`${address}/resubmit`, { method: "POST" });
    location.assign(pathOf(newId));
}));
part("cancel").addEventListener("click", event => act(event.target, async () => {
    if (confirm("Cancel this run? What it has done stays done.")) {
        await api(`${address}/cancel`, { method: "POST", body: { reason: "Cancelled on the run's page." } });
        show(await read());
    }
}));
part("more").addEventListener("click", event => act(event.target, async () => {
    rowsAtMost += step;
    show(await read());
}));

follow();
