// Drives a Dataverse Web API with a client library that others wrote, and prints what came of each step as JSON.
// Usage: node dataverse.mjs <server url> <access token>

import { DynamicsWebApi } from "dynamics-web-api";

const [serverUrl, token] = process.argv.slice(2);
// The library knows no path between the host and /api: the server resolves the dots.
const { origin, pathname } = new URL(serverUrl);
const api = new DynamicsWebApi({ serverUrl: origin, dataApi: { path: `..${pathname}/api/data`, version: "9.2" }, onTokenRefresh: async () => token });
const said = {};

async function step(name, action) {
    try {
        said[name] = (await action()) ?? null;
    } catch (error) {
        said[name] = { failed: { status: error.status, code: error.code, message: error.message } };
    }
}

let id;
await step("create", async () => (id = await api.create({ collection: "leads", data: { subject: "first", lastname: "One", leadsourcecode: 8 } })));
await step("createAndRead", () => api.create({ collection: "leads", data: { subject: "second", lastname: "Two" }, returnRepresentation: true, select: ["subject", "lastname"] }));
await step("retrieve", () => api.retrieve({ collection: "leads", key: id, select: ["subject", "lastname", "leadsourcecode"], includeAnnotations: "OData.Community.Display.V1.FormattedValue" }));
await step("update", () => api.update({ collection: "leads", key: id, data: { subject: "changed" }, returnRepresentation: true, select: ["subject"] }));
await step("updateProperty", () => api.updateSingleProperty({ collection: "leads", key: id, fieldValuePair: { firstname: "Some" } }));
await step("upsertNew", () => api.upsert({ collection: "leads", key: "0a1b2c3d-0000-4000-8000-000000000001", data: { subject: "upserted", lastname: "Three" }, returnRepresentation: true }).then(r => r.subject));
await step("upsertAgain", () => api.upsert({ collection: "leads", key: "0a1b2c3d-0000-4000-8000-000000000001", data: { subject: "upserted again" }, returnRepresentation: true }).then(r => r.subject));
await step("upsertOnlyNew", () => api.upsert({ collection: "leads", key: "0a1b2c3d-0000-4000-8000-000000000001", data: { subject: "no" }, ifnonematch: "*" }));
await step("upsertOnlyOld", () => api.upsert({ collection: "leads", key: "0a1b2c3d-0000-4000-8000-000000000009", data: { subject: "no" }, ifmatch: "*" }));
await step("retrieveMultiple", () => api.retrieveMultiple({ collection: "leads", select: ["subject"], filter: "contains(subject,'e')", orderBy: ["subject asc"], count: true }).then(r => ({ count: r.oDataCount, subjects: r.value.map(v => v.subject) })));
await step("top", () => api.retrieveMultiple({ collection: "leads", select: ["subject"], orderBy: ["subject desc"], top: 1 }).then(r => r.value.map(v => v.subject)));
await step("page", () => api.retrieveMultiple({ collection: "leads", select: ["subject"], orderBy: ["subject"], maxPageSize: 2 }).then(async first => {
    const next = await api.retrieveMultiple({ collection: "leads", select: ["subject"], maxPageSize: 2 }, first.oDataNextLink);
    return [first.value.map(v => v.subject), next.value.map(v => v.subject), next.oDataNextLink ?? null];
}));
await step("all", () => api.retrieveAll({ collection: "leads", select: ["subject"] }).then(r => r.value.length));
await step("count", () => api.count({ collection: "leads" }));
await step("countFiltered", () => api.count({ collection: "leads", filter: "subject eq 'changed'" }));
await step("etag", async () => {
    const record = await api.retrieve({ collection: "leads", key: id, select: ["subject"] });
    return api.retrieve({ collection: "leads", key: id, select: ["subject"], ifnonematch: record["@odata.etag"] });
});
await step("deleteProperty", () => api.deleteRecord({ collection: "leads", key: id, fieldName: "firstname" }));
await step("afterDeleteProperty", () => api.retrieve({ collection: "leads", key: id, select: ["firstname"] }).then(r => r.firstname));
await step("delete", () => api.deleteRecord({ collection: "leads", key: id }));
await step("retrieveDeleted", () => api.retrieve({ collection: "leads", key: id }));
await step("unknownColumn", () => api.create({ collection: "leads", data: { nonsense: 1 } }));
await step("entities", () => api.retrieveEntities({ select: ["LogicalName"] }).then(r => r.value.map(v => v.LogicalName).sort()));
await step("entity", () => api.retrieveEntity({ key: "LogicalName='lead'", select: ["LogicalName", "EntitySetName"], expand: [{ property: "Attributes", select: ["LogicalName"] }] }).then(r => [r.EntitySetName, r.Attributes.length > 10]));
await step("attribute", () => api.retrieveAttribute({ entityKey: "LogicalName='lead'", attributeKey: "LogicalName='leadsourcecode'", castType: "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", select: ["LogicalName"], expand: [{ property: "OptionSet" }] }).then(r => r.OptionSet.Options.length));
await step("attributes", () => api.retrieveAttributes({ entityKey: "LogicalName='lead'", castType: "Microsoft.Dynamics.CRM.StringAttributeMetadata", select: ["LogicalName", "MaxLength"] }).then(r => r.value.find(v => v.LogicalName === "lastname").MaxLength));
await step("csdl", () => api.retrieveCsdlMetadata().then(r => r.includes("EntityType Name=\"lead\"")));
await step("whoAmI", () => api.callFunction({ functionName: "WhoAmI" }).then(r => typeof r.UserId));

console.log(JSON.stringify(said));
