// The embedded CRM's leads, asked for as any client of the Dataverse Web API does.

import { api, SessionOver } from "./session.js";

const part = name => document.getElementById(`crm-${name}`);
const first = "/crm/api/data/v9.2/leads?$orderby=createdon desc&$count=true";

function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter(child => child != null));
    return made;
}

function row(lead) {
    const columns = Object.entries(lead).filter(([name, value]) => value !== null && !name.includes("@"));
    const created = lead.createdon ? element("time", { dateTime: lead.createdon, title: lead.createdon }, new Date(lead.createdon).toLocaleString()) : "";
    return element("tr", {},
        element("th", { scope: "row" },
            lead.subject ?? "(no topic)",
            element("details", {}, element("summary", {}, "All columns"), element("pre", { tabIndex: 0 }, JSON.stringify(Object.fromEntries(columns), null, 2)))),
        element("td", {}, lead.fullname ?? [lead.firstname, lead.lastname].filter(Boolean).join(" ")),
        element("td", {}, lead.companyname ?? ""),
        element("td", {}, lead.emailaddress1 ?? ""),
        element("td", {}, created));
}

async function load(address, isFirst) {
    part("problem").hidden = true;
    try {
        const page = await api(address, { headers: { Prefer: "odata.maxpagesize=50" } });
        const rows = page.value.map(row);
        if (isFirst) {
            const none = element("tr", {}, element("td", { colSpan: 5 }, "No lead yet. A flow with “Create Lead (embedded)” makes the first."));
            part("leads").replaceChildren(...(rows.length > 0 ? rows : [none]));
        } else {
            part("leads").append(...rows);
        }

        const next = page["@odata.nextLink"];
        part("older").hidden = !next;
        // Its origin is how the server is known outside, which may not be how this page reached it.
        part("older").onclick = () => load(next.slice(next.indexOf("/crm/")), false);
        if (page["@odata.count"] !== undefined) {
            const count = page["@odata.count"];
            part("count").textContent = count === 1 ? "1 lead" : `${count} leads`;
        }
    } catch (error) {
        if (!(error instanceof SessionOver)) {
            part("problem").textContent = error.message;
            part("problem").hidden = false;
        }
    }
}

part("reload").addEventListener("click", () => load(first, true));
load(first, true);
