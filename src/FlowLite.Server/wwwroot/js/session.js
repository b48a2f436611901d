// The page's access to the server's APIs: the session's cookie is changed for short-lived bearer tokens.

// Renewed when so much of its time is left, so that a token that was handed on outlives the way to the next renewal.
const margin = 20 * 60 * 1000;

let current = null;
let renewal = null;

/** An access token that is good for minutes at least. Rejects with SessionOver when one has to sign in again. */
export async function accessToken() {
    if (current && Date.now() < current.renewAt) {
        return current.token;
    }

    renewal ??= renew().finally(() => renewal = null);
    return await renewal;
}

/** Forgets the token, so that the next one is new: for a caller whose token was refused. */
export function forgetToken() {
    current = null;
}

// A sign-out in another tab, which ends this one's token too. The page with the form to sign in tells of it.
new BroadcastChannel("flowlite-session").addEventListener("message", () => {
    forgetToken();
    accessToken().catch(() => {});
});

export class SessionOver extends Error {
    constructor() {
        super("Your session is over.");
        this.name = "SessionOver";
    }
}

/**
 * Calls an API of this server: api("/api/flows/x/runs", { method: "POST", body: { … } }).
 * Gives the answer's JSON, or its text, or null when it has none; throws an Error with the server's message and `status`.
 */
export async function api(path, options = {}) {
    let answer = await send(path, options);
    if (answer.status === 401) {
        forgetToken();
        answer = await send(path, options);
    }

    const text = await answer.text();
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    if (!answer.ok) {
        throw Object.assign(new Error(messageOf(answer, text, isJson)), { status: answer.status });
    }

    return text === "" ? null : isJson ? JSON.parse(text) : text;
}

async function send(path, options) {
    const headers = new Headers(options.headers);
    headers.set("Authorization", `Bearer ${await accessToken()}`);
    let body = options.body;
    if (body != null && typeof body === "object" && (Array.isArray(body) || Object.getPrototypeOf(body) === Object.prototype)) {
        body = JSON.stringify(body);
        headers.set("Content-Type", "application/json");
    }

    return await fetch(path, { ...options, headers, body, credentials: "omit", cache: "no-store" });
}

// Flow's errors, Elsa's, and whatever else there may be.
function messageOf(answer, text, isJson) {
    if (isJson) {
        try {
            const body = JSON.parse(text);
            const message = body?.error?.message ?? (body?.errors ? Object.values(body.errors).flat().join("\n") : null) ?? body?.detail ?? body?.message;
            if (message) {
                return message;
            }
        } catch {
            // Its status says enough.
        }
    }

    return `The server answered ${answer.status} ${answer.statusText}`.trim() + ".";
}

async function renew() {
    const asked = Date.now();
    const answer = await fetch("/session/token", { method: "POST", cache: "no-store" });
    if (answer.status === 401) {
        sayOver();
        throw new SessionOver();
    }

    if (!answer.ok) {
        throw new Error(`The server gave no access token (${answer.status}).`);
    }

    const { accessToken: token, expiresIn } = await answer.json();
    document.getElementById("session-over")?.remove();
    current = { token, renewAt: asked + Math.max(expiresIn * 1000 - margin, 10_000) };
    return token;
}

function sayOver() {
    if (document.getElementById("session-over")) {
        return;
    }

    const notice = document.createElement("div");
    notice.id = "session-over";
    notice.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = "/login?returnUrl=" + encodeURIComponent(location.pathname + location.search);
    // In another tab, so that nothing is lost here: this page goes on when one comes back to it.
    link.target = "_blank";
    link.textContent = "Sign in again in a new tab";
    notice.append("Your session is over. ", link, ", then come back to this page.");
    document.body.prepend(notice);
}
