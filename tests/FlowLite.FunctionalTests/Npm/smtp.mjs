// A mail server that others wrote. Prints its port once it listens, then each mail that it took as a line of JSON; ends with its standard input.
// It answers for recipients by their names: say550@… is refused so, data452@… at the mail's end, lost@… gets no answer after the mail was taken.
// Usage: node smtp.mjs '{"user","password","server":{…options of smtp-server…}}'

import { SMTPServer } from "smtp-server";

const { user, password, server: options } = JSON.parse(process.argv[2]);
const refusal = (code, secret = password) => Object.assign(new Error(`Refused as asked for (password ${secret})`), { responseCode: Number(code) });
const wanted = (address, verb) => new RegExp(`^${verb}(\\d*)@`).exec(address)?.[1];

const server = new SMTPServer({
    authOptional: !password,
    logger: false,
    ...options,
    onAuth(auth, session, done) {
        return auth.username === user && auth.password === password ? done(null, { user }) : done(refusal(auth.username === "later" ? 454 : 535, auth.password));
    },
    onMailFrom({ address }, session, done) {
        const code = wanted(address, "say");
        done(code ? refusal(code) : undefined);
    },
    onRcptTo({ address }, session, done) {
        const code = wanted(address, "say");
        done(code ? refusal(code) : undefined);
    },
    onData(stream, session, done) {
        const chunks = [];
        stream.on("data", chunk => chunks.push(chunk));
        stream.on("end", () => {
            const to = session.envelope.rcptTo.map(({ address }) => address);
            const code = to.map(address => wanted(address, "data")).find(Boolean);
            if (code) {
                return done(refusal(code));
            }

            console.log(JSON.stringify({ from: session.envelope.mailFrom.address, to, user: session.user || null, secure: session.secure, source: Buffer.concat(chunks).toString("utf8") }));
            if (to.some(address => address.startsWith("lost@"))) {
                [...server.connections].find(connection => connection.id === session.id)._socket.destroy();
                return;
            }

            done(null, "taken");
        });
    },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
