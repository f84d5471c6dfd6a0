// Asks `@liveblocks/core` about tokens: JSON Lines in, JSON Lines out. The first argument is the folder of the package.
//
// A line in is {"token", "rooms"}; a line out is {"parsed", "rooms", "lists"} or {"error"}. For each room that an entry of an
// access token matches, `rooms` has what the library's `hasPermissionAccess` says, else null; `lists` has what
// its `validatePermissionsSet` says of each entry.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = process.argv[2];
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
// Three of the functions are the library's own and not exported: its text is loaded with one more line that exports them.
const text = readFileSync(join(folder, "dist", "index.js"), "utf8");
const inner = "\nexport { parseAuthToken, resolveRoomPermissionMatrix, createAuthManager };\n";
const core = await import("data:text/javascript;base64," + Buffer.from(text + inner).toString("base64"));

const RESOURCES = ["room", "storage", "comments", "comments:public", "comments:private", "feeds"];
const LEVELS = ["read", "write"];

/** What the library says of every permission in a room. */
function inRoom(permissions, room) {
  const matrix = core.resolveRoomPermissionMatrix(permissions, room);
  if (matrix === undefined) return null;
  const has = {};
  for (const resource of RESOURCES) {
    for (const level of LEVELS) has[`${resource}:${level}`] = core.hasPermissionAccess(matrix, resource, level);
  }
  return has;
}

/** Whether the library's client is content with the token that it has for a room, or asks for another one. */
async function kept(token, room) {
  let asked = 0;
  const authEndpoint = async () => ({ token: (asked++, token) });
  const manager = core.createAuthManager({ authEndpoint });
  const wish = { roomId: room, resource: "storage", access: "write" };
  await manager.getAuthValue(wish);
  await manager.getAuthValue(wish);
  return asked === 1;
}

async function read({ token, rooms }) {
  const { parsed } = core.parseAuthToken(token);
  if (parsed.k === "id") return { parsed, kept: await kept(token, rooms[0]) };
  const permissions = Object.entries(parsed.perms).map(([pattern, scopes]) => ({
    pattern,
    scopes: core.normalizeRoomPermissions(scopes),
  }));
  const lists = permissions.map(({ scopes }) => core.validatePermissionsSet(scopes));
  return { parsed, rooms: rooms.map((room) => inRoom(permissions, room)), lists, kept: await kept(token, rooms[0]) };
}

console.log(JSON.stringify({ version, permissions: Object.values(core.Permission) }));
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(await read(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message) }));
  }
}
