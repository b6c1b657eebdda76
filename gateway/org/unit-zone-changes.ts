/** In which time zone a unit and what is below it lies, from a day on: at the command line and over HTTP alike. */
import { readReason } from '../audit/reasons.ts';
import { readDate } from '../domain/opening-hours/hours-settings.ts';
import { buildTree } from '../domain/org.ts';
import { FIRST_YEAR, LAST_YEAR } from '../domain/periods/names.ts';
import { DAY_MS } from '../domain/periods/zone.ts';
import { zoneThrough } from '../domain/periods/zone-through.ts';
import { createTreeThen } from '../domain/tree-then.ts';
import { createZonesThen, readZoneName, type UnitZone, type ZoneEra } from '../domain/unit-zones.ts';
import { isKnownZone } from '../domain/zoned-time.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { OrgReads, OrgStore } from '../store/org.ts';
import type { PublicationReads } from '../store/publications.ts';
import { type TouchedPublication, touchedBy } from '../verdicts/touched-publications.ts';

export type NewUnitZone = {
  unit: string;
  /** Of the IANA database; null: that of the unit above, again. */
  timeZone: string | null;
  /** The first day, YYYY-MM-DD, by the clocks of the new zone: it holds from its midnight on. */
  from: string;
  /** That day may have begun: votes since are judged again, and days, weeks, … since are cut anew. */
  replays: boolean;
  reason: string;
};

export type SetUnitZone = {
  unit: string;
  timeZone: string | null;
  /** From when on and until when, UTC milliseconds; null: until further notice. */
  from: number;
  until: number | null;
  windowsJudgedAgain: number;
  publications: TouchedPublication[];
};

export type UnitZoneChanges = {
  /** Of a unit, its own; oldest first. @throws OrgRefusal `unit-unknown` */
  list(unit: string): Promise<Omit<UnitZone, 'unitKey'>[]>;
  /** In which it lies. @throws OrgRefusal `unit-unknown` */
  zonesOf(unit: string): Promise<readonly ZoneEra[]>;
  /**
   * What was set for the same day before is replaced, by whichever clocks that day began. Published figures stay as they are.
   * @throws OrgRefusal `unit-unknown`, `time-zone-unknown`, `time-zone-past`, `time-zone-same`, `rule-date-invalid`, `reason-invalid`
   */
  set(by: By, asked: NewUnitZone): Promise<SetUnitZone>;
};

export type UnitZoneChangesDeps = {
  store: OrgStore;
  publications: Pick<PublicationReads, 'heads'>;
  /** The gateway's. */
  timeZone: string;
  now: () => number;
  /** What is in memory is another now. */
  changed?(): Promise<void>;
};

export function createUnitZoneChanges({
  store,
  publications,
  timeZone: gatewayZone,
  now,
  changed = async () => {},
}: UnitZoneChangesDeps): UnitZoneChanges {
  const keyOf = async (reads: OrgReads, unit: string): Promise<number> => {
    const found = (await reads.units()).find(({ id }) => id === unit);
    if (!found) throw new OrgRefusal('unit-unknown', `there is no unit ${unit}: list them`);
    return found.key;
  };
  const ground = async (reads: OrgReads) => {
    const [tree, zones] = [createTreeThen(await reads.versions()), await reads.timeZones()];
    return { tree, zones, places: createZonesThen(tree, zones, gatewayZone) };
  };

  return {
    async list(unit) {
      const key = await keyOf(store, unit);
      return (await store.timeZones()).flatMap(({ unitKey, ...zone }) => (unitKey === key ? [zone] : []));
    },
    async zonesOf(unit) {
      const key = await keyOf(store, unit);
      return (await ground(store)).places.eras({ kind: 'unit', key });
    },
    async set(by, { unit, timeZone: given, from: date, replays, reason }) {
      const why = readReason(reason);
      const timeZone = given === null ? null : readName(given);
      const midnight = readMidnight(date);
      const heads = await publications.heads();
      const done = await store.change(async (tx) => {
        const unitKey = await keyOf(tx, unit);
        const { tree, zones, places } = await ground(tx);
        const clocksOf = (zone: string | null) =>
          zoneThrough(
            zone === null || !isKnownZone(zone)
              ? places.erasAbove(unitKey)
              : [{ from: Number.NEGATIVE_INFINITY, timeZone: zone }],
          );
        const from = clocksOf(timeZone).firstAt(midnight);
        const own = zones.filter((zone) => zone.unitKey === unitKey);
        // Set for that day before, by clocks that are others: its midnight is another moment, and it would hold again from there on.
        const isOfThatDay = (zone: UnitZone) =>
          Math.floor(clocksOf(zone.timeZone).wallAt(zone.from) / DAY_MS) * DAY_MS === midnight;
        const ofThatDay = own.filter(isOfThatDay);
        const others = own.filter((zone) => !ofThatDay.includes(zone));
        const before = ofThatDay.at(-1) ?? own.findLast((zone) => zone.from <= from);
        const was = before?.timeZone ?? null;
        if (was === timeZone) throw same(unit, timeZone);
        const begin = Math.min(from, ...ofThatDay.map((zone) => zone.from));
        if (begin <= now() && !replays)
          throw new OrgRefusal(
            'time-zone-past',
            `${date} has begun there: give a later day, or say that votes since are to be judged again`,
          );
        for (const zone of ofThatDay) await tx.dropTimeZone(zone);
        await tx.setTimeZone({ unitKey, from, timeZone });
        const until = others.find((zone) => zone.from > from)?.from ?? null;
        // Votes may be dated a little ahead of now.
        const span = { from: begin, to: Math.min(until ?? Number.POSITIVE_INFINITY, now() + DAY_MS) };
        const windowKeys = begin <= now() ? tree.windowsUnder(unitKey, span) : [];
        await tx.judgeAgain(windowKeys.map((windowKey) => ({ windowKey, ...span })));
        const touched =
          begin <= now()
            ? await touchedBy(
                { heads: async () => heads },
                buildTree(await tx.units(), await tx.windows(), []),
                ...([{ unit }, span] as const),
              )
            : [];
        const set = { timeZone, from, until, windowsJudgedAgain: windowKeys.length };
        const replaced = ofThatDay.map(({ unitKey: _, ...zone }) => zone);
        const detail = {
          ...{ ...set, was, publications: touched.map(({ id, version }) => `${id}/${version}`) },
          ...(replaced.length > 0 && { replaced }),
        };
        return tx.audited(
          {
            ...{ by, action: 'unit.zone', target: { kind: 'unit', id: unit } },
            detail: { reason: why, ...detail },
          },
          { unit, ...set, publications: touched },
        );
      });
      await changed();
      return done;
    },
  };
}

function readName(given: string): string {
  const name = readZoneName(given);
  if (name !== null) return name;
  throw new OrgRefusal(
    'time-zone-unknown',
    `there is no time zone "${given}": name one of the IANA database, e.g. Asia/Shanghai`,
  );
}

/** As a clock on the wall shows it. */
function readMidnight(date: string): number {
  const day = readDate(date);
  const year = Number(date.slice(0, 4));
  if (day !== null && year >= FIRST_YEAR && year <= LAST_YEAR) return day * DAY_MS;
  throw new OrgRefusal(
    'rule-date-invalid',
    `from: there is no ${date}: write a day of the years ${FIRST_YEAR} to ${LAST_YEAR} as 2026-10-01`,
  );
}

const same = (unit: string, timeZone: string | null) =>
  new OrgRefusal(
    'time-zone-same',
    timeZone === null
      ? `unit ${unit} has no time zone of its own then: it lies in that of the unit above already`
      : `unit ${unit} lies in ${timeZone} then already`,
  );
