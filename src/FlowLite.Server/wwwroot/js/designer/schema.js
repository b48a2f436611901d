// Flow's "use sample payload to generate schema".

import { api } from "../session.js";
import { schemaEditor } from "./target.js";
import { copy } from "./url.js";

const find = id => document.getElementById(id);

export function startSchema() {
    const [sample, made, status] = [find("sample"), find("schema-made"), find("schema-status")];

    find("generate-schema").addEventListener("click", async () => {
        try {
            const schema = await api("/api/schema/from-sample", { method: "POST", body: sample.value, headers: { "Content-Type": "application/json" } });
            made.value = JSON.stringify(schema, null, 2);
            find("schema-some").hidden = false;
            status.textContent = "";
        } catch (error) {
            // What stood there is of another sample.
            made.value = "";
            find("schema-some").hidden = true;
            status.textContent = error.message;
            sample.focus();
        }
    });

    find("put-schema").addEventListener("click", () => {
        const editor = schemaEditor();
        if (!editor) {
            status.textContent = "Choose the trigger in the editor and click into its field “Request body JSON schema” first.";
            return;
        }

        editor.pushUndoStop();
        editor.executeEdits("flowlite", [{ range: editor.getModel().getFullModelRange(), text: made.value }]);
        editor.pushUndoStop();
        editor.focus();
        status.textContent = "The schema is in the field.";
    });

    find("copy-schema").addEventListener("click", () => copy(made.value, status, "The schema is in the clipboard.", made));
}
