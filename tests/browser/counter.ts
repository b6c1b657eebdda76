/** A terminal at a counter, as far as a wall can tell: it connects, says hello and sends presses. */
import { randomBytes, randomUUID } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { type DownKind, topicOf, type UpKind } from '../../protocol/topics.ts';
import { MAX_VOTES_PER_MESSAGE, type Rating, type VotesMessage } from '../../protocol/vote.ts';
import type { TerminalLogin } from '../support/gateway.ts';
import { mqttLogin } from '../support/mqtt-login.ts';

export type Counter = {
  /** Resolves when the gateway has stored them: it holds the PUBACK back until then. */
  press(...ratings: Rating[]): Promise<void>;
  /** Says that it has taken `count` more satisfied votes than it sends. */
  withhold(count: number, sent: Rating): Promise<void>;
  /** Anything else that terminals say, e.g. of their health. */
  say(kind: UpKind, message: object): Promise<void>;
  /** Says hello again, with more. */
  greet(more: object): Promise<void>;
  leave(): Promise<void>;
};

export async function openCounter(mqttPort: number, login: TerminalLogin): Promise<Counter> {
  const { id } = login;
  const epoch = randomBytes(16).toString('hex');
  const boot = randomUUID();
  const connection = randomUUID();
  const totals = { satisfied: 0, basically: 0, unsatisfied: 0 };
  let seq = 0;

  const topic = (kind: UpKind | DownKind) => topicOf(id, kind);
  const client: MqttClient = await connectAsync(`mqtts://127.0.0.1:${mqttPort}`, {
    ...mqttLogin(login),
    clean: true,
    will: { topic: topic('status'), payload: status(false), qos: 1, retain: true },
  });
  function status(online: boolean) {
    return Buffer.from(JSON.stringify({ online, connection }));
  }
  await client.publishAsync(topic('status'), status(true), { qos: 1, retain: true });
  const hello = { epoch, boot, version: '1.0.0', inputs: [], journal: { first: 1, last: 0 }, clock: 'ntp' };
  await client.publishAsync(topic('hello'), JSON.stringify(hello), { qos: 1 });

  async function send(ratings: readonly Rating[]): Promise<void> {
    const votes = ratings.map((rating) => {
      seq += 1;
      return { seq, rating, at: Date.now(), clock: 'ntp' as const, boot, mono: seq };
    });
    const message: VotesMessage = { epoch, votes, totals: { ...totals } };
    await client.publishAsync(topic('votes'), JSON.stringify(message), { qos: 1 });
  }

  return {
    async say(kind, message) {
      await client.publishAsync(topic(kind), JSON.stringify(message), { qos: 1 });
    },
    async greet(more) {
      const journal = { first: 1, last: seq };
      await client.publishAsync(topic('hello'), JSON.stringify({ ...hello, journal, ...more }), { qos: 1 });
    },
    async press(...ratings) {
      for (let first = 0; first < ratings.length; first += MAX_VOTES_PER_MESSAGE) {
        const batch = ratings.slice(first, first + MAX_VOTES_PER_MESSAGE);
        for (const rating of batch) totals[rating] += 1;
        await send(batch);
      }
    },
    async withhold(count, sent) {
      totals.satisfied += count;
      totals[sent] += 1;
      await send([sent]);
    },
    async leave() {
      await client.publishAsync(topic('status'), status(false), { qos: 1, retain: true });
      await client.endAsync();
    },
  };
}

export function times(count: number, rating: Rating): Rating[] {
  return Array.from({ length: count }, () => rating);
}
