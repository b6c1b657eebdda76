/** A steady stream of votes from many terminals until it is ended. Argument: JSON {port, terminals, votesPerS}. */
import { connect } from 'node:net';
import { encodeConnect, encodePublish } from './mqtt-bytes.ts';
import { createVoteWriter } from './vote-writer.ts';

type Plan = { port: number; terminals: { id: string; password: string }[]; votesPerS: number };

const TICK_MS = 10;
const { port, terminals, votesPerS } = JSON.parse(process.argv[2] ?? '{}') as Plan;

const senders = terminals.map(({ id, password }) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(encodeConnect(id, password));
  socket.resume();
  const next = createVoteWriter(id, 1);
  let packetId = 0;
  return () => {
    packetId = (packetId % 65_535) + 1;
    socket.write(encodePublish(`manyi/v1/${id}/votes`, next(), packetId));
  };
});

const begun = performance.now();
let sent = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - begun) / 1_000) * votesPerS);
  for (; sent < due; sent++) senders[sent % senders.length]?.();
}, TICK_MS);
console.log(JSON.stringify({ running: true }));
