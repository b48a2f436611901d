// Dynamic content: a list to click in, and the same as completion in Scriban editors.

import { api } from "../session.js";
import { currentTarget, insert, scribanLanguage, watchTarget } from "./target.js";

const find = id => document.getElementById(id);

export function startContent(flow, saved) {
    const [list, search, status, hint] = [find("content-list"), find("content-search"), find("content-status"), find("content-target")];
    let groups = [];
    let shownFor;

    async function refresh() {
        const activity = selectedActivity();
        shownFor = activity;
        try {
            const query = activity ? `?activityId=${encodeURIComponent(activity)}` : "";
            const answer = await api(`/api/flows/${encodeURIComponent(flow)}/dynamic-content${query}`);
            if (shownFor === activity) {
                groups = answer.groups;
                draw();
            }
        } catch (error) {
            status.textContent = error.message;
        }
    }

    function draw() {
        const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
        const matches = (group, item) => words.every(word => `${group.title} ${item.title} ${item.path}`.toLowerCase().includes(word));
        const found = groups.map(group => ({ group, items: group.items.filter(item => matches(group, item)) })).filter(one => one.items.length > 0);
        list.replaceChildren(...found.flatMap(({ group, items }) => [heading(group), listOf(group, items)]));
        return found.reduce((sum, one) => sum + one.items.length, 0);
    }

    // Only here: a list that is drawn anew after a save leaves standing what was said of the last insertion.
    function searched() {
        const count = draw();
        status.textContent = search.value.trim() === "" ? "" : count === 0 ? "Nothing has that name." : `${count} found.`;
    }

    function heading(group) {
        const title = document.createElement("h3");
        title.textContent = group.title;
        return title;
    }

    function listOf(group, items) {
        const ul = document.createElement("ul");
        ul.setAttribute("aria-label", group.title);
        ul.append(...items.map(item => {
            const button = document.createElement("button");
            button.type = "button";
            button.title = item.description ?? "";
            const type = document.createElement("span");
            type.className = "type";
            type.textContent = item.type;
            const path = document.createElement("code");
            path.textContent = item.path;
            button.append(type, item.title, path);
            button.addEventListener("click", () => choose(item));
            const li = document.createElement("li");
            li.append(button);
            return li;
        }));
        return ul;
    }

    function choose(item) {
        const target = currentTarget();
        if (!target) {
            status.textContent = "Click into a field of the editor first.";
            return;
        }

        status.textContent = insert(target, item.expression) === "scriban"
            ? `${item.title} is inserted.`
            : `${item.title} is inserted, but this field takes it as plain text: choose Scriban as the field's syntax, with the button at its side.`;
    }

    // Down the list with the arrow keys.
    list.addEventListener("keydown", event => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            const buttons = [...list.querySelectorAll("button")];
            buttons[buttons.indexOf(document.activeElement) + step]?.focus();
            event.preventDefault();
        }
    });
    search.addEventListener("keydown", event => {
        if (event.key === "ArrowDown") {
            list.querySelector("button")?.focus();
            event.preventDefault();
        }
    });
    search.addEventListener("input", searched);

    watchTarget(target => {
        hint.textContent = target.label ? `Inserts into “${target.label}”.` : "Inserts where you were typing.";
    });
    // The Studio tells nobody which activity is chosen; its canvas shows it.
    for (const event of ["pointerup", "keyup", "focusin"]) {
        document.addEventListener(event, () => setTimeout(() => selectedActivity() !== shownFor && refresh(), 100));
    }

    saved.addEventListener("saved", refresh);
    refresh();
    offerCompletion(() => groups);
}

function selectedActivity() {
    return document.querySelector("#studio .x6-node-selected")?.dataset.cellId ?? null;
}

// Monaco is loaded by the Studio's own script, some time.
function offerCompletion(groups) {
    const { monaco } = window;
    if (!monaco?.languages) {
        setTimeout(() => offerCompletion(groups), 250);
        return;
    }

    monaco.languages.registerCompletionItemProvider(scribanLanguage, {
        triggerCharacters: ["{", ".", " "],
        provideCompletionItems: (model, position, { triggerCharacter }) => ({ suggestions: suggestions(monaco, groups(), model, position, triggerCharacter) }),
    });
}

function suggestions(monaco, groups, model, position, triggerCharacter) {
    const before = model.getValueInRange({ startLineNumber: 1, startColumn: 1, endLineNumber: position.lineNumber, endColumn: position.column });
    const inside = before.lastIndexOf("{{") > before.lastIndexOf("}}");
    // What is typed of a path is replaced; outside of braces they come with it.
    const typed = /(\{?|[A-Za-z_][\w.]*(\["[^"]*"?\]?)*[\w.]*)$/.exec(model.getLineContent(position.lineNumber).slice(0, position.column - 1))[0];
    // Plain text is written in peace: an Enter there shall end the line, not take what is offered.
    if (!inside && typed !== "{" && (typed !== "" || triggerCharacter)) {
        return [];
    }

    const replaced = inside && typed === "{" ? "" : typed;
    const range = new monaco.Range(position.lineNumber, position.column - replaced.length, position.lineNumber, position.column);
    return groups.flatMap((group, order) => group.items.map((item, index) => ({
        label: { label: item.path, description: item.title },
        kind: monaco.languages.CompletionItemKind.Field,
        detail: `${group.title}: ${item.type}`,
        documentation: item.description ?? undefined,
        insertText: inside ? item.path : item.expression,
        filterText: `${replaced} ${item.path} ${item.title}`,
        sortText: `${order}`.padStart(3, "0") + `${index}`.padStart(5, "0"),
        range,
    })));
}
