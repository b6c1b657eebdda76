/** A real broker (aedes) with a gateway behind it whose manners the test decides. What it stores is the truth. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { IdentityStore } from '../../../device/identity/identity.ts';
import { openIdentityStore } from '../../../device/identity/identity.ts';
import type { Ack } from '../../../protocol/ack.ts';
import type { Hello } from '../../../protocol/hello.ts';
import { GATEWAY_NAME } from '../../../protocol/identity.ts';
import { GATEWAY_STATUS_TOPIC, parseTopic, topicOf } from '../../../protocol/topics.ts';
import type { Vote, VotesMessage } from '../../../protocol/vote.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';

export type Manners = {
  /** What to answer; null for silence. Called after every hello and votes message. */
  answer: (honest: Ack) => Ack | null;
  /** False: the votes message is taken at MQTT level and forgotten. */
  store: (message: VotesMessage) => boolean;
  /** False: CONNACK 4. */
  admit: boolean;
};

export type HostileGateway = Awaited<ReturnType<typeof startHostileGateway>>;

export async function startHostileGateway(port = 0) {
  const manners: Manners = { answer: (honest) => honest, store: () => true, admit: true };
  const stored = new Map<string, Vote>();
  const hellos: Hello[] = [];
  const messages: VotesMessage[] = [];
  const conflicts: string[] = [];
  const published: { topic: string; payload: string; retain: boolean }[] = [];
  const broker = await Aedes.createBroker({
    authenticate: (_client, _user, _password, done) => {
      if (manners.admit) return done(null, true);
      done(Object.assign(new Error('refused'), { returnCode: 4 }), null);
    },
  });
  const sockets = new Set<Socket>();
  const folder = mkdtempSync(join(tmpdir(), 'manyi-authority-'));
  const authority = await authorityOf(folder);
  const credentials = await authority.serverCredentials([GATEWAY_NAME]);
  const server = createServer(credentials, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  const publish = (topic: string, value: unknown, retain = false) =>
    new Promise<void>((resolve) => {
      const payload = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, () => resolve());
    });
  const seqsOf = (epoch: string) =>
    new Set([...stored.keys()].filter((key) => key.startsWith(epoch)).map((key) => Number(key.slice(33))));
  const honestAck = (epoch: string): Ack => {
    const seqs = seqsOf(epoch);
    let upTo = 0;
    while (seqs.has(upTo + 1)) upTo += 1;
    const missing: [number, number][] = [];
    const top = Math.max(0, ...seqs);
    for (let seq = upTo + 1; seq <= top && missing.length < 64; seq += 1) {
      if (seqs.has(seq)) continue;
      const previous = missing.at(-1);
      if (previous && previous[1] === seq - 1) previous[1] = seq;
      else missing.push([seq, seq]);
    }
    return { epoch, upTo, missing, time: Date.now() };
  };

  broker.on('publish', (packet, client) => {
    if (client === null) return;
    published.push({ topic: packet.topic, payload: packet.payload.toString(), retain: packet.retain });
    const address = parseTopic(packet.topic);
    if (address === null || (address.kind !== 'votes' && address.kind !== 'hello')) return;
    const message = JSON.parse(packet.payload.toString());
    if (address.kind === 'hello') hellos.push(message as Hello);
    else {
      messages.push(message as VotesMessage);
      if (manners.store(message as VotesMessage)) keep(message as VotesMessage);
    }
    const answer = manners.answer(honestAck(message.epoch));
    if (answer !== null) void publish(topicOf(address.terminalId, 'ack'), answer);
  });

  function keep(message: VotesMessage): void {
    for (const vote of message.votes) {
      const key = `${message.epoch}/${vote.seq}`;
      const held = stored.get(key);
      if (held && (held.rating !== vote.rating || held.mono !== vote.mono || held.boot !== vote.boot))
        conflicts.push(key);
      if (!held) stored.set(key, vote);
    }
  }

  return {
    manners,
    stored,
    hellos,
    messages,
    conflicts,
    published,
    seqsOf,
    publish,
    port: (server.address() as { port: number }).port,
    /** What a terminal needs to trust this gateway. */
    async identityOf(terminalId: string): Promise<IdentityStore> {
      return openIdentityStore(null, await issueIdentity(authority, terminalId));
    },
    url: `mqtts://127.0.0.1:${(server.address() as { port: number }).port}`,
    setOnline: (online: boolean, instance = 'first') =>
      publish(GATEWAY_STATUS_TOPIC, { online, instance, since: Date.now() }, true),
    cutAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    connections: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => broker.close(() => server.close(resolve)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition; the time is only how long a failing test takes. */
export async function until(condition: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
