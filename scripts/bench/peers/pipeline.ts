/**
 * What one would build from parts: Mosquitto, an MQTT.js subscriber, and SQLite with the same durability (WAL,
 * synchronous=FULL) and one transaction for everything that arrived together. Answers each line on standard input with
 * how many votes it has stored. Arguments: port, database file and, over TLS, a file with its login (see Login).
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import { GATEWAY_NAME } from '../../../protocol/identity.ts';
import type { VotesMessage } from '../../../protocol/vote.ts';
import type { Login } from '../sign-in.ts';

const [port = '1883', file = ':memory:', loginFile] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(
  'CREATE TABLE votes (terminal TEXT, epoch TEXT, seq INTEGER, rating TEXT, at INTEGER, received_at INTEGER, PRIMARY KEY (terminal, epoch, seq)) WITHOUT ROWID',
);
const insert = db.prepare('INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?, ?, ?)');

let stored = 0;
let waiting: { topic: string; payload: Buffer }[] = [];
const commit = db.transaction((batch: typeof waiting) => {
  let count = 0;
  for (const { topic, payload } of batch) {
    const terminal = topic.split('/')[2];
    const { epoch, votes } = JSON.parse(payload.toString()) as VotesMessage;
    for (const { seq, rating, at } of votes)
      count += insert.run(terminal, epoch, seq, rating, at, Date.now()).changes;
  }
  return count;
});

const login = loginFile && (JSON.parse(readFileSync(loginFile, 'utf8')) as Required<Login>);
const client = login
  ? mqtt.connect(`mqtts://127.0.0.1:${port}`, {
      ...{ clientId: login.id, clean: true, servername: GATEWAY_NAME },
      ...{ key: login.key, cert: login.cert, ca: login.ca },
    })
  : mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'pipeline', clean: true });
client.on('message', (topic, payload) => {
  waiting.push({ topic, payload });
  if (waiting.length > 1) return;
  setImmediate(() => {
    const batch = waiting;
    waiting = [];
    stored += commit(batch);
  });
});
client.on('connect', () =>
  client.subscribe('manyi/v1/+/votes', { qos: 1 }, () => console.log(JSON.stringify({ ready: true }))),
);
createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ stored })));
