// Where things are inserted: the editor or text field of the Studio that had the focus last.

// What the Studio opens for Scriban; see the expression descriptors.
export const scribanLanguage = "handlebars";

let last = null;

/** Calls `changed(target)` whenever another field gets the focus. A target is {editor} for Monaco or {input} for a text field, with a label. */
export function watchTarget(changed) {
    document.addEventListener("focusin", event => {
        const target = targetOf(event.target);
        if (target) {
            last = target;
            changed(target);
        }
    });
}

/** The target, if it is still on the page. */
export function currentTarget() {
    return last && (last.editor?.getContainerDomNode() ?? last.input).isConnected ? last : null;
}

/** The editor of a field for a JSON schema: the one that had the focus last, else the only one that is shown. */
export function schemaEditor() {
    const isForSchema = editor => editor.getModel()?.getLanguageId() === "json" && /schema/i.test(labelOf(editor.getContainerDomNode()));
    const target = currentTarget();
    if (target?.editor && isForSchema(target.editor)) {
        return target.editor;
    }

    const shown = (window.monaco?.editor.getEditors() ?? []).filter(editor => isForSchema(editor) && editor.getContainerDomNode().offsetParent !== null);
    return shown.length === 1 ? shown[0] : null;
}

/** @returns {"scriban" | "other"} whether what was inserted is alive there. */
export function insert(target, text) {
    if (target.editor) {
        target.editor.pushUndoStop();
        target.editor.executeEdits("flowlite", [{ range: target.editor.getSelection(), text, forceMoveMarkers: true }]);
        target.editor.pushUndoStop();
        target.editor.focus();
        return target.editor.getModel()?.getLanguageId() === scribanLanguage ? "scriban" : "other";
    }

    const { input } = target;
    const [from, to] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    // Through the prototype, so that the page's framework sees a change as from a keyboard.
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value").set;
    setter.call(input, input.value.slice(0, from) + text + input.value.slice(to));
    input.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
    input.setSelectionRange(from + text.length, from + text.length);
    return "other";
}

function targetOf(element) {
    if (!element.closest?.("#studio, .mud-dialog, .mud-popover")) {
        return null;
    }

    if (element.closest(".monaco-editor")) {
        const editor = window.monaco?.editor.getEditors().find(one => one.getContainerDomNode().contains(element));
        return editor && !editor.getOption(window.monaco.editor.EditorOption.readOnly) ? { editor, label: labelOf(element) } : null;
    }

    const isText = element.matches("textarea, input[type=text]") && !element.readOnly && !element.disabled && element.placeholder !== "Search";
    return isText ? { input: element, label: labelOf(element) } : null;
}

function labelOf(element) {
    return element.closest(".mud-input-control")?.querySelector("label, legend")?.textContent.trim() ?? "";
}
