/** What terminals report of their journals, raised: one that takes no votes, and votes that lie in a file put away on a card. */
import type { Health, SetAside } from '../../protocol/health.ts';
import type { CommandReads } from '../store/commands.ts';
import type { HealthReports } from './inbox.ts';

export type JournalAlarm = Pick<Health['journal'], 'fault' | 'setAside' | 'dropped'>;

export type JournalAlarms = HealthReports & {
  /** Terminals that take no votes, as they last said. */
  unable(): number;
  /** Journals put away that nobody has decided about. */
  setAside(): number;
  /** Votes in the terminal's journals put away that nobody has decided about; where it does not know how many, 1 a journal. */
  setAsideVotes(terminalId: string): number;
  /** What the terminal last said, newest first; also from before a restart of the gateway. */
  journalsOf(terminalId: string): readonly SetAside[];
  /** Takes up what other gateways have heard since; what was heard here later is handed over once more. */
  follow(kept: readonly PutAwayReport[]): void;
  /** Hands over what terminals have said since it was last kept; what cannot be kept is handed over again. */
  save(keep: (reports: readonly PutAwayReport[]) => Promise<void>): Promise<void>;
};

export type PutAwayReport = { terminalId: string; reportedAt: number; journals: readonly SetAside[] };

/** A terminal whose state flaps fills no log: what changed meanwhile is told with a later report. */
const TELL_EVERY_MS = 5_000;

export type JournalAlarmDeps = {
  reports: HealthReports;
  now: () => number;
  monotonic: () => number;
  /** From before the start. */
  remembered: readonly PutAwayReport[];
  /** The state of a terminal's journal is another one than was told before. */
  changed(terminalId: string, alarm: JournalAlarm): void;
  /** Another gateway hears it now. */
  isElsewhere(terminalId: string): boolean;
  /** The votes in its journals put away are others than before. */
  setAsideChanged(terminalId: string): void;
};

type Known = { alarm: JournalAlarm; told: string; toldAt: number };

export function createJournalAlarms(deps: JournalAlarmDeps): JournalAlarms {
  const { reports, now, monotonic, changed, isElsewhere, setAsideChanged } = deps;
  const known = new Map<string, Known>();
  const unsaved = new Map<string, PutAwayReport>();
  /** Of what is known of a terminal's journals, here or at another gateway. */
  const heardAt = new Map<string, number>();
  const remember = ({ terminalId, reportedAt, journals }: PutAwayReport) => {
    heardAt.set(terminalId, reportedAt);
    if (journals.length === 0) return void known.delete(terminalId);
    const alarm: JournalAlarm = { setAside: [...journals] };
    // It was logged by the gateway that heard it: said again, it is no news.
    known.set(terminalId, { alarm, told: JSON.stringify(alarm), toldAt: Number.NEGATIVE_INFINITY });
  };
  deps.remembered.forEach(remember);
  const open = ({ setAside = [] }: JournalAlarm) => setAside.filter(isOpen);
  const sum = (of: (alarm: JournalAlarm) => number) =>
    [...known.values()].reduce((total, { alarm }) => total + of(alarm), 0);
  const journalsOf = (terminalId: string) => known.get(terminalId)?.alarm.setAside ?? [];
  const setAsideVotes = (terminalId: string) =>
    journalsOf(terminalId)
      .filter(isOpen)
      .reduce((total, { unsent = 1 }) => total + unsent, 0);

  return {
    latest: reports.latest,
    take(terminalId, health) {
      reports.take(terminalId, health);
      heardAt.set(terminalId, now());
      const votesBefore = setAsideVotes(terminalId);
      const journalsBefore = JSON.stringify(journalsOf(terminalId));
      const { fault, setAside, dropped } = health.journal;
      const alarm: JournalAlarm = {
        ...(fault !== undefined && { fault }),
        ...(setAside !== undefined && { setAside }),
        ...(dropped !== undefined && { dropped }),
      };
      const text = JSON.stringify(alarm);
      const before = known.get(terminalId) ?? { told: '{}', toldAt: Number.NEGATIVE_INFINITY };
      const tell = text !== before.told && monotonic() - before.toldAt >= TELL_EVERY_MS;
      if (text === '{}' && before.told === '{}') known.delete(terminalId);
      else known.set(terminalId, { ...(tell ? { told: text, toldAt: monotonic() } : before), alarm });
      if (tell) changed(terminalId, alarm);
      const journals = setAside ?? [];
      if (JSON.stringify(journals) !== journalsBefore)
        unsaved.set(terminalId, { terminalId, reportedAt: now(), journals });
      if (setAsideVotes(terminalId) !== votesBefore) setAsideChanged(terminalId);
    },
    unable: () =>
      [...known].filter(([terminalId, { alarm }]) => alarm.fault !== undefined && !isElsewhere(terminalId))
        .length,
    setAside: () => sum((alarm) => open(alarm).length),
    setAsideVotes,
    journalsOf,
    follow(kept) {
      for (const report of kept) {
        const { terminalId, reportedAt, journals } = report;
        const ownAt = heardAt.get(terminalId) ?? Number.NEGATIVE_INFINITY;
        const own = journalsOf(terminalId);
        if (JSON.stringify(journals) === JSON.stringify(own)) continue;
        if (reportedAt <= ownAt) {
          unsaved.set(terminalId, { terminalId, reportedAt: ownAt, journals: own });
          continue;
        }
        const votesBefore = setAsideVotes(terminalId);
        remember(report);
        unsaved.delete(terminalId);
        if (setAsideVotes(terminalId) !== votesBefore) setAsideChanged(terminalId);
      }
    },
    async save(keep) {
      if (unsaved.size === 0) return;
      const reports = [...unsaved.values()];
      await keep(reports);
      // What was said meanwhile is another report.
      for (const report of reports)
        if (unsaved.get(report.terminalId) === report) unsaved.delete(report.terminalId);
    },
  };
}

/** What was kept of the reports before this start. */
export async function readPutAway(
  store: Pick<CommandReads, 'putAway'>,
  terminals: Iterable<{ key: number; id: string }>,
): Promise<PutAwayReport[]> {
  const idOf = new Map([...terminals].map(({ key, id }) => [key, id]));
  return (await store.putAway()).flatMap(({ terminalKey, ...report }) => {
    const terminalId = idOf.get(terminalKey);
    return terminalId === undefined ? [] : [{ terminalId, ...report }];
  });
}

/** What is sent or written off waits for nobody. */
export function isOpen({ state }: SetAside): boolean {
  return state !== 'sent' && state !== 'dropped';
}
