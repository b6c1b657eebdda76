/** A steady stream of votes from many terminals until it is ended. Argument: a file with a Plan. */
import { encodePublish } from './mqtt-bytes.ts';
import { readPlan } from './plan.ts';
import { type Login, signIn } from './sign-in.ts';
import { createVoteWriter } from './vote-writer.ts';

type Plan = { port: number; terminals: Login[]; votesPerS: number };

const TICK_MS = 10;
const { port, terminals, votesPerS } = readPlan<Plan>();

const open = async (login: Login) => {
  const { id } = login;
  const socket = await signIn(port, login);
  socket.resume();
  const next = createVoteWriter(id, 1);
  let packetId = 0;
  return () => {
    packetId = (packetId % 65_535) + 1;
    socket.write(encodePublish(`manyi/v1/${id}/votes`, next(), packetId));
  };
};
const senders = await Promise.all(terminals.map(open));

const begun = performance.now();
let sent = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - begun) / 1_000) * votesPerS);
  for (; sent < due; sent++) senders[sent % senders.length]?.();
}, TICK_MS);
console.log(JSON.stringify({ running: true }));
