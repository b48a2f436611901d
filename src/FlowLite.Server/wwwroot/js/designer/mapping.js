// "Map automatically": shows what is proposed for the columns of a new record, and fills in what is ticked.

import { api } from "../session.js";

const find = id => document.getElementById(id);
const told = "flowlite-mapped";

export function startMapping(flow) {
    const [status, some, list, record] = [find("map-status"), find("map-some"), find("map-list"), find("map-record")];
    const address = `/api/flows/${encodeURIComponent(flow)}/mapping`;
    let proposals = [];

    // The page was opened anew after filling in.
    status.textContent = sessionStorage.getItem(told) ?? "";
    sessionStorage.removeItem(told);

    async function propose() {
        try {
            proposals = (await api(address)).value;
        } catch (error) {
            status.textContent = error.message;
            return;
        }

        record.replaceChildren(...proposals.map(one => new Option(one.title, one.activityId)));
        find("map-field").hidden = proposals.length < 2;
        some.hidden = proposals.length === 0;
        status.textContent = proposals.length === 0 ? "Add “Create a new record” to the flow and save it first." : "";
        show();
    }

    function show() {
        const proposal = proposals.find(one => one.activityId === record.value);
        if (!proposal) {
            return;
        }

        status.textContent = proposal.problem ?? (proposal.fields.length === 0 ? "Nothing in the request looks like a column of this table." : "");
        list.replaceChildren(...proposal.fields.map(item));
        find("apply-mapping").disabled = !proposal.fields.some(field => !field.isMapped);
    }

    function item(field) {
        const box = document.createElement("input");
        box.type = "checkbox";
        box.value = field.column;
        box.checked = !field.isMapped;
        box.disabled = field.isMapped;
        const label = document.createElement("label");
        const value = document.createElement("code");
        value.textContent = typeof field.value === "string" ? field.value : JSON.stringify(field.value);
        label.append(box, ` ${field.displayName} `, field.isMapped ? "is mapped already" : value);
        const line = document.createElement("li");
        line.append(label);
        return line;
    }

    async function apply(event) {
        const columns = [...list.querySelectorAll("input:checked:enabled")].map(box => box.value);
        event.target.disabled = true;
        try {
            const { mapped } = await api(address, { method: "POST", body: { activityId: record.value, columns } });
            sessionStorage.setItem(told, `Mapped: ${mapped.join(", ")}. Check them in the record's form, then publish.`);
            location.reload();
        } catch (error) {
            status.textContent = error.message;
            event.target.disabled = false;
        }
    }

    find("propose-mapping").addEventListener("click", propose);
    find("apply-mapping").addEventListener("click", apply);
    record.addEventListener("change", show);
}
