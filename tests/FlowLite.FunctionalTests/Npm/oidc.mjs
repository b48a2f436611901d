// An OpenID provider that others wrote, as the token endpoint of a connection. Prints its port once it listens; ends with its standard input.
// Usage: node oidc.mjs <client id> <client secret> <token lifetime in seconds>

import { createServer } from "node:http";
import Provider from "oidc-provider";

const [clientId, clientSecret, lifetime] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    const provider = new Provider(`http://127.0.0.1:${port}`, {
        clients: [{ client_id: clientId, client_secret: clientSecret, grant_types: ["client_credentials"], redirect_uris: [], response_types: [], token_endpoint_auth_method: "client_secret_post" }],
        features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
        scopes: ["crm/.default"],
        ttl: { ClientCredentials: Number(lifetime) },
    });
    server.on("request", provider.callback());
    console.log(port);
});
process.stdin.resume().on("end", () => process.exit(0));
