/**
 * The votes of real journals, sent by a peer that knows the contract and keeps none of its manners: twice, out of order,
 * with holes, over connections that take each other over, with forged bodies before and after, while the gateway is killed.
 * At the end there is one vote for each number, the first body that came; the others are set aside. Promises A, B, C.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../device/journal/journal.ts';
import { type Counts, RATINGS, type Rating, type Vote } from '../../protocol/vote.ts';
import { createSwarm } from '../support/agent-swarm.ts';
import type { TerminalLogin } from '../support/gateway.ts';
import { hello } from '../support/messages.ts';
import { publishPacket, signIn } from '../support/raw-mqtt.ts';
import { expectScoresEqualRecount, setAside, storedVotes } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { type Random, scaled, seededRandom } from './seed.ts';
import './rules-on.ts';
import { numbered, startTown, type Town } from './town.ts';

type Story = { login: TerminalLogin; epoch: string; votes: Vote[]; totals: Counts };
type Sender = { send(kind: 'votes' | 'hello', payload: string): Promise<void>; close(): void };

/** Until the PUBACK has come; whatever ends the connection before, the message is sent again over a new one. */
function createSender(port: () => number, login: TerminalLogin, random: Random): Sender {
  let socket: Socket | null = null;
  const connected = async () => {
    if (socket !== null && !socket.destroyed) return socket;
    await new Promise((resolve) => setTimeout(resolve, random.between(1, 40)));
    socket = await signIn(port(), login);
    return socket;
  };
  const answered = (sent: Socket) => {
    const stop = new AbortController();
    const { signal } = stop;
    return Promise.race([
      once(sent, 'data', { signal }).then(() => true),
      once(sent, 'close', { signal }).then(() => false),
    ]).finally(() => stop.abort());
  };
  return {
    send: (kind, payload) =>
      until(
        `the PUBACK of ${login.id}`,
        async () => {
          const current = await connected();
          if (current.destroyed) return false;
          current.write(publishPacket(`manyi/v1/${login.id}/${kind}`, payload, 1));
          return answered(current);
        },
        { timeoutMs: 60_000, everyMs: 5 },
      ).then(() => {}),
    close: () => socket?.destroy(),
  };
}

/** What a terminal's journal holds after real presses without a gateway. */
async function makeStories(town: Town, votesEach: number, random: Random): Promise<Story[]> {
  const swarm = createSwarm({ logins: town.logins, port: () => 1, folder: town.folder });
  await swarm.start();
  for (let vote = 0; vote < votesEach; vote++)
    await Promise.all(swarm.terminals.map((terminal) => terminal.press(random.pick(RATINGS))));
  await swarm.stop();
  return town.logins.map((login) => {
    const journal = openJournal({ path: join(town.folder, `${login.id}.db`) });
    const story = {
      login,
      epoch: journal.epoch,
      votes: journal.read(1, votesEach),
      totals: journal.totals(),
    };
    journal.close();
    return story;
  });
}

/** Ascending, as the contract wants it within a message; which ones, and what is left out, is drawn. */
function drawMessages({ votes }: Story, random: Random): Vote[][] {
  const messages: Vote[][] = [];
  for (let from = 0; from < votes.length; from += random.between(1, 40)) {
    const length = random.between(1, 64);
    const part = votes.slice(from, from + length).filter(() => random.chance(0.8));
    if (part.length > 0) messages.push(part);
  }
  return random.shuffle([...messages, ...messages.filter(() => random.chance(0.4))]);
}

const otherRating = (rating: Rating) => RATINGS[(RATINGS.indexOf(rating) + 1) % 3] as Rating;

describe('a hostile replayer', () => {
  it('leaves one vote a number, the first that came', async () => {
    const random = seededRandom('replayer');
    const votesEach = scaled(250, 2_000);
    // The limit on messages has its own test: here it would only make waiting.
    const town = await startTown(numbered(scaled(4, 16)), {
      env: { MANYI_MESSAGES_PER_S: '100000', MANYI_MESSAGE_BURST: '100000' },
    });
    const port = () => town.gateway.mqttPort;
    const stories = await makeStories(town, votesEach, random);
    let sent = 0;

    const replay = async (story: Story) => {
      const { login, epoch, votes, totals } = story;
      const draw = seededRandom(`replayer ${login.id}`);
      const [one, other] = [createSender(port, login, draw), createSender(port, login, draw)];
      const send = (sender: Sender, part: object[], said: object = totals) => {
        sent += part.length;
        return sender.send('votes', JSON.stringify({ epoch, votes: part, totals: said }));
      };
      const first = new Map(votes.map(({ seq, rating }) => [seq, rating]));

      // Forged before the true one comes, and not a rating at all before the true one comes.
      const [forged, bad, later] = votes.reduce<[Vote[], Vote[], Vote[]]>(
        (lists, vote) => {
          const list = lists[draw.between(0, 29)];
          list?.push(vote);
          return lists;
        },
        [[], [], []],
      );
      for (const vote of forged) {
        first.set(vote.seq, otherRating(vote.rating));
        await send(one, [{ ...vote, rating: otherRating(vote.rating) }]);
      }
      for (const vote of bad) await send(other, [{ ...vote, rating: 'great' }]);

      // Two at once, each cutting the other off again and again.
      const replayAll = async (sender: Sender) => {
        for (const message of drawMessages(story, draw)) await send(sender, message);
      };
      await Promise.all([replayAll(one), replayAll(other)]);

      // What was left out so far.
      for (let from = 0; from < votes.length; from += 64) await send(other, votes.slice(from, from + 64));

      // Not ascending, or more than a message may hold: refused whole. Another body under a known number: set aside. Better dated: the same vote.
      await send(one, [...votes.slice(0, 9)].reverse());
      await send(one, votes.slice(0, 65));
      for (const vote of later) {
        const { rating, mono, boot } = vote;
        const forgery = draw.pick([
          { rating: otherRating(rating) },
          { mono: mono + 1 },
          { boot: `${boot}x` },
        ]);
        await send(one, [{ ...vote, ...forgery }]);
      }
      await send(other, [{ ...(votes[5] as Vote), at: (votes[5] as Vote).at - 60_000, clock: 'gateway' }]);
      await other.send('hello', hello(1, votes.length, epoch));
      one.close();
      other.close();
      return first;
    };

    const kills = (async () => {
      for (let kill = 0; kill < scaled(2, 10); kill++) {
        const seen = sent;
        await until('some messages', () => sent > seen + votesEach, { timeoutMs: 60_000 }).catch(() => {});
        await town.gateway.kill();
        await town.gateway.start();
      }
    })();
    const firsts = await Promise.all(stories.map(replay));
    await kills;

    const stored = storedVotes(town.gateway.dataDir);
    for (const [at, { login, epoch }] of stories.entries()) {
      const mine = stored.filter(({ terminal }) => terminal === login.id);
      expect(mine.map(({ seq, rating }) => [seq, RATINGS[rating]])).toEqual([
        ...(firsts[at] as Map<number, Rating>),
      ]);
      expect(new Set(mine.map((one) => one.epoch))).toEqual(new Set([epoch]));
    }
    const aside = setAside(town.gateway.dataDir);
    tellFigure(
      `${sent} votes sent for ${stored.length} numbers; set aside: ${[...aside].map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
    );
    expect([...aside.keys()].sort()).toEqual(
      ['identity-conflict', 'rating-unknown', 'schema-invalid', 'sequence-backwards'].sort(),
    );
    expect(sent).toBeGreaterThan(2 * stored.length);
    await expectScoresEqualRecount(town.gateway);
    // Where a forgery came first, the terminal's own totals give it away.
    const scores = await town.gateway.scores();
    for (const { login, totals } of stories) {
      const row = scores.find(({ id }) => id === login.windowId);
      const agree = RATINGS.every((rating) => row?.pressed[rating] === totals[rating]);
      // Other bodies under stored numbers wait for a person; and by now nobody is connected.
      const { held = 0 } = row?.completeness ?? {};
      expect(held).toBeGreaterThan(0);
      expect(row?.completeness).toMatchObject({ state: agree ? 'held' : 'mismatch', pending: 0, lost: 0 });
    }
    await town.dispose();
  });
});
