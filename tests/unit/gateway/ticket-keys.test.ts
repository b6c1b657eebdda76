/** The keys of TLS sessions over days, clocks, gateways and disks. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTicketKeyStore } from '../../../gateway/pki/kept-ticket-keys.ts';
import {
  LEAD_MS,
  openTicketKeys,
  type TicketKey,
  type TicketKeyStore,
} from '../../../gateway/pki/ticket-keys.ts';
import { createKeyFolder } from '../../../gateway/store/key-folder.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BEGIN = Date.UTC(2026, 5, 1);
/** A ticket is good for so long: handshakes.ts. */
const TICKET_LIFE_DAYS = 7;

let now: number;
let troubles: Error[];
beforeEach(() => {
  now = BEGIN;
  troubles = [];
});

/** What all gateways of a city share. */
function createShared(): TicketKeyStore & { keys: readonly TicketKey[]; failing: boolean; writes: number } {
  const shared = {
    keys: [] as readonly TicketKey[],
    failing: false,
    writes: 0,
    async read() {
      return shared.keys;
    },
    async replace(seen: readonly TicketKey[], next: readonly TicketKey[]) {
      if (shared.failing) throw new Error('ENOSPC');
      if (seen === shared.keys) {
        shared.keys = next;
        shared.writes += 1;
      }
      return shared.keys;
    },
  };
  return shared;
}
const open = (store: TicketKeyStore, clock = () => now) =>
  openTicketKeys(store, clock, (error) => void troubles.push(error));
type Ring = Awaited<ReturnType<typeof open>>;
const sealing = (ring: Ring) => ring.keys()[0].toString('hex');
const opening = (ring: Ring) => ring.keys().map((key) => key.toString('hex'));
/** Looks every hour, as long as that. */
const pass = async (days: number, ...rings: Ring[]) => {
  for (const end = now + days * DAY_MS; now < end; now += HOUR_MS)
    for (const ring of rings) await ring.look();
};

describe('keys of sessions', () => {
  it('are 48 bytes of their own, and the same after a restart', async () => {
    const store = createShared();
    const first = await open(store);
    expect(first.keys()).toHaveLength(1);
    expect(first.keys()[0]).toHaveLength(48);
    expect(sealing(await open(store))).toBe(sealing(first));
    expect(sealing(await open(createShared()))).not.toBe(sealing(first));
  });

  it('turn every week, and each opens for as long as a ticket of it can be good, and no longer than 15 days', async () => {
    const ring = await open(createShared());
    const lastSealed = new Map<string, number>();
    const firstSealed = new Map<string, number>();
    const begun = now;
    for (const end = now + 60 * DAY_MS; now < end; now += HOUR_MS) {
      await ring.look();
      lastSealed.set(sealing(ring), now);
      if (!firstSealed.has(sealing(ring))) firstSealed.set(sealing(ring), now);
      const held = opening(ring);
      for (const [key, at] of lastSealed)
        if (now - at <= TICKET_LIFE_DAYS * DAY_MS) expect(held).toContain(key);
      for (const [key, at] of firstSealed) if (now - at > 15 * DAY_MS) expect(held).not.toContain(key);
      expect(held.length).toBeLessThanOrEqual(3);
    }
    expect(lastSealed.size).toBeGreaterThanOrEqual((now - begun) / (8 * DAY_MS));
  });

  it('say so when they are others than before, and only then', async () => {
    const ring = await open(createShared());
    expect(await ring.look()).toBe(false);
    now += 7 * DAY_MS;
    // It opens first …
    const [before] = opening(ring);
    expect(await ring.look()).toBe(true);
    expect(sealing(ring)).toBe(before);
    expect(ring.keys()).toHaveLength(2);
    // … and seals when everybody knows it.
    now += LEAD_MS;
    expect(await ring.look()).toBe(true);
    expect(sealing(ring)).not.toBe(before);
    expect(opening(ring)).toContain(before);
    expect(await ring.look()).toBe(false);
  });

  it('are one ring for all gateways: what one seals, the other opens, at any time', async () => {
    const store = createShared();
    const here = await open(store);
    const skewMs = LEAD_MS / 2;
    const there = await open(store, () => now - skewMs);
    expect(sealing(there)).toBe(sealing(here));
    for (const end = now + 30 * DAY_MS; now < end; now += HOUR_MS) {
      await here.look();
      await there.look();
      expect(opening(there)).toContain(sealing(here));
      expect(opening(here)).toContain(sealing(there));
      // Between the looks of one and the other.
      await here.look();
      expect(opening(there)).toContain(sealing(here));
    }
    // Five are made and three are let go: once, not by each.
    expect(store.writes).toBeLessThanOrEqual(8);
  });

  it('are those that another gateway has written meanwhile', async () => {
    const store = createShared();
    const here = await open(store);
    const [late] = (await open(createShared())).keys();
    const overtaken: TicketKeyStore = {
      read: async () => [],
      replace: async () => store.keys,
    };
    const there = await open(overtaken);
    expect(sealing(there)).toBe(sealing(here));
    expect(sealing(there)).not.toBe(late.toString('hex'));
  });

  it.each([
    ['ahead by a year', 365],
    ['back by a year', -365],
  ])('live through a clock that is set %s and right again', async (_how, days) => {
    const store = createShared();
    const ring = await open(store);
    await pass(3, ring);
    const before = sealing(ring);
    now += days * DAY_MS;
    await pass(1, ring);
    expect(ring.keys().length).toBeGreaterThan(0);
    now -= days * DAY_MS;
    await ring.look();
    const writes = store.writes;
    await pass(2, ring);
    // It has come to rest, with a key that is not of the future.
    expect(store.writes).toBe(writes);
    expect(store.keys[0]?.madeAt).toBeLessThanOrEqual(now);
    if (days < 0) expect(opening(ring)).toContain(before);
  });

  it('are new ones when somebody takes them away while the gateway runs', async () => {
    const store = createShared();
    const ring = await open(store);
    const before = sealing(ring);
    store.keys = [];
    expect(await ring.look()).toBe(true);
    expect(opening(ring)).not.toContain(before);
  });

  it('that cannot be kept are good while the gateway runs, and written when that works', async () => {
    const store = createShared();
    store.failing = true;
    const ring = await open(store);
    expect(troubles.map(({ message }) => message)).toEqual(['ENOSPC']);
    const before = sealing(ring);
    await expect(ring.look()).rejects.toThrow('ENOSPC');
    expect(sealing(ring)).toBe(before);
    store.failing = false;
    expect(await ring.look()).toBe(false);
    expect(sealing(await open(store))).toBe(before);
  });
});

describe('their file', () => {
  let folder: string;
  let damaged: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-tickets-'));
    damaged = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const file = () => join(folder, 'pki', 'tickets.json');
  const openFile = () =>
    open(createTicketKeyStore(createKeyFolder(folder), (path) => void damaged.push(path)));

  it('is for its owner alone, and keeps them', async () => {
    const ring = await openFile();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    now += 7 * DAY_MS;
    await ring.look();
    now += HOUR_MS;
    expect(opening(await openFile())).toEqual(opening(ring));
    expect(damaged).toEqual([]);
  });

  it.each([
    ['empty', () => ''],
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['of another form', () => '{"keys":1}'],
    ['with a key that is too short', () => `[{"madeAt":${BEGIN},"secret":"AAAA"}]`],
    ['with a key without a time', (text: string) => text.replace(/"madeAt":\d+/, '"madeAt":null')],
    ['with nothing in it', () => '[null]'],
  ])('that is %s is said, and made anew', async (_what, garble) => {
    const before = sealing(await openFile());
    writeFileSync(file(), garble(readFileSync(file(), 'utf8')));
    const ring = await openFile();
    expect(damaged).toEqual([file()]);
    expect(sealing(ring)).not.toBe(before);
    expect(sealing(await openFile())).toBe(sealing(ring));
  });

  it('that cannot be written keeps nothing from going on', async () => {
    writeFileSync(join(folder, 'pki'), 'no folder');
    const ring = await openFile();
    expect(troubles).toHaveLength(1);
    expect(ring.keys()[0]).toHaveLength(48);
  });
});
