/**
 * The load: many MQTT connections that keep a number of votes messages in flight. It runs in a process of its own and
 * speaks MQTT over bare sockets, so that as little as possible of the machine goes to the load itself.
 *
 * Argument: a file with a LoadPlan. Prints {phase: 'measuring'}, {phase: 'measured'}, then LoadResult.
 */
import { encodePublish, PUBACK_BYTES, PUBACK_HEADER } from './mqtt-bytes.ts';
import { percentile } from './percentile.ts';
import { readPlan } from './plan.ts';
import { type Login, signIn } from './sign-in.ts';
import { type Backlog, createVoteWriter } from './vote-writer.ts';

export type LoadPlan = {
  port: number;
  terminals: Login[];
  /** Of each connection, all the time … */
  inFlight: number;
  /** … or so many messages a second, whatever is acknowledged of those before. */
  offeredPerS?: number;
  votesPerMessage: number;
  /** Of each terminal; else every vote is pressed as it is sent. */
  backlog?: Backlog;
  warmUpMs: number;
  measureMs: number;
};

export type LoadResult = {
  /** Acknowledged in the measured time. */
  messages: number;
  votes: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
  /** Of this process in the measured time: making votes, MQTT and its end of TLS. */
  cpuS: number;
  /** Sent and acknowledged in all, warm-up included. */
  totalVotes: number;
};

/** One latency in so many is kept. */
const SAMPLE_EVERY = 7;
/** So often is sent what is due of what is offered. */
const TICK_MS = 2;

async function run(plan: LoadPlan): Promise<LoadResult> {
  const { port, terminals, inFlight, offeredPerS, votesPerMessage, backlog, warmUpMs, measureMs } = plan;
  const sampleEvery = offeredPerS === undefined ? SAMPLE_EVERY : 1;
  let measuring = false;
  let sending = true;
  let messages = 0;
  let totalVotes = 0;
  let outstanding = 0;
  const latencies: number[] = [];
  const idle: { resolve?: () => void } = {};

  const connections = await Promise.all(
    terminals.map(async (login) => {
      const { id } = login;
      const socket = await signIn(port, login);
      const nextVotes = createVoteWriter(id, votesPerMessage, backlog);
      const sentAt = new Float64Array(65_536);
      let packetId = 0;
      const send = (count: number) => {
        const packets: Buffer[] = [];
        const now = performance.now();
        for (let sent = 0; sent < count; sent++) {
          packetId = (packetId % 65_535) + 1;
          sentAt[packetId] = now;
          packets.push(encodePublish(`manyi/v1/${id}/votes`, nextVotes(), packetId));
        }
        outstanding += count;
        socket.write(packets.length === 1 ? (packets[0] as Buffer) : Buffer.concat(packets));
      };
      let rest: Buffer = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        const data = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
        let at = 0;
        let acked = 0;
        const now = performance.now();
        for (; at + PUBACK_BYTES <= data.length; at += PUBACK_BYTES) {
          if (data[at] !== PUBACK_HEADER) throw new Error(`not a PUBACK: ${data[at]}`);
          acked += 1;
          if (measuring && (messages + acked) % sampleEvery === 0)
            latencies.push(now - (sentAt[data.readUInt16BE(at + 2)] as number));
        }
        rest = data.subarray(at);
        outstanding -= acked;
        totalVotes += acked * votesPerMessage;
        if (measuring) messages += acked;
        if (sending && acked > 0 && offeredPerS === undefined) send(acked);
        else if (!sending && outstanding === 0) idle.resolve?.();
      });
      return { socket, send };
    }),
  );

  const offering = offeredPerS === undefined ? undefined : offer(connections, offeredPerS);
  if (offering === undefined) for (const { send } of connections) send(inFlight);
  await pause(warmUpMs);
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  measuring = true;
  console.log(JSON.stringify({ phase: 'measuring' }));
  await pause(measureMs);
  measuring = false;
  console.log(JSON.stringify({ phase: 'measured' }));
  const elapsedMs = performance.now() - begun;
  const cpu = process.cpuUsage(cpuBefore);
  sending = false;
  clearInterval(offering);
  await new Promise<void>((resolve) => {
    idle.resolve = resolve;
    if (outstanding === 0) resolve();
  });
  for (const { socket } of connections) socket.destroy();
  latencies.sort((a, b) => a - b);
  return {
    messages,
    votes: messages * votesPerMessage,
    elapsedMs,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuS: (cpu.user + cpu.system) / 1e6,
    totalVotes,
  };
}

/** One after another, so that nobody has to answer for another's pace. */
function offer(connections: readonly { send(count: number): void }[], perS: number): NodeJS.Timeout {
  const begun = performance.now();
  let sent = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * perS);
    for (; sent < due; sent++) connections[sent % connections.length]?.send(1);
  }, TICK_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

run(readPlan()).then(
  (result) => console.log(JSON.stringify(result)),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
