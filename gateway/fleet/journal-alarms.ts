/** What terminals report of their journals, raised: one that takes no votes, and votes that lie in a file put away on a card. */
import type { Health } from '../../protocol/health.ts';
import type { HealthReports } from './inbox.ts';

export type JournalAlarm = Pick<Health['journal'], 'fault' | 'setAside' | 'dropped'>;

export type JournalAlarms = HealthReports & {
  /** Terminals that take no votes, as they last said. */
  unable(): number;
  /** Journals put away that are still on a card. */
  setAside(): number;
};

/** A terminal whose state flaps fills no log: what changed meanwhile is told with a later report. */
const TELL_EVERY_MS = 5_000;

export type JournalAlarmDeps = {
  reports: HealthReports;
  now: () => number;
  /** The state of a terminal's journal is another one than was told before. */
  changed(terminalId: string, alarm: JournalAlarm): void;
};

export function createJournalAlarms({ reports, now, changed }: JournalAlarmDeps): JournalAlarms {
  const known = new Map<string, { alarm: JournalAlarm; told: string; toldAt: number }>();
  const sum = (of: (alarm: JournalAlarm) => number) =>
    [...known.values()].reduce((total, { alarm }) => total + of(alarm), 0);

  return {
    latest: reports.latest,
    take(terminalId, health) {
      reports.take(terminalId, health);
      const { fault, setAside, dropped } = health.journal;
      const alarm: JournalAlarm = {
        ...(fault !== undefined && { fault }),
        ...(setAside !== undefined && { setAside }),
        ...(dropped !== undefined && { dropped }),
      };
      const text = JSON.stringify(alarm);
      const before = known.get(terminalId) ?? { told: '{}', toldAt: Number.NEGATIVE_INFINITY };
      const tell = text !== before.told && now() - before.toldAt >= TELL_EVERY_MS;
      if (text === '{}' && before.told === '{}') known.delete(terminalId);
      else known.set(terminalId, { alarm, ...(tell ? { told: text, toldAt: now() } : before) });
      if (tell) changed(terminalId, alarm);
    },
    unable: () => sum(({ fault }) => (fault === undefined ? 0 : 1)),
    setAside: () => sum(({ setAside }) => setAside?.length ?? 0),
  };
}
