/** What a person wants to know of a terminal at a glance, from what is stored: the store does not know who is connected now. */
import type { CertificateRecord, EnrolmentRecord, FleetReads } from '../../store/fleet.ts';
import type { OrgReads } from '../../store/org.ts';
import { date } from '../output.ts';

/** A terminal says something every minute (its health), and the gateway saves every 5 s when. */
const RECENT_MS = 150_000;
const ENDING_MS = 14 * 86_400_000;

/** `recently`: heard of within 150 s, so it is most likely connected. */
export type Heard = 'recently' | 'silent' | 'never';
/** Of the youngest that is not revoked; `revoked` when there were some and none is left. */
export type CertificateState = 'good' | 'ending' | 'expired' | 'revoked' | 'none';

export const HEARD_NOTE =
  'heard: recently = within 150 s, as the gateway has saved it; who is connected at this moment is known to the gateway alone (the wall, /api/v1/terminals).';

export function heardOf(lastSeenAt: number | null, now: number): Heard {
  if (lastSeenAt === null) return 'never';
  return now - lastSeenAt < RECENT_MS ? 'recently' : 'silent';
}

export function certificateState(records: readonly CertificateRecord[], now: number): CertificateState {
  const good = records.filter(({ revokedAt }) => revokedAt === null);
  const youngest = good.at(-1);
  if (youngest === undefined) return records.length === 0 ? 'none' : 'revoked';
  if (youngest.expiresAt <= now) return 'expired';
  return youngest.expiresAt - now < ENDING_MS ? 'ending' : 'good';
}

export async function terminalRows(
  { org, fleet }: { org: OrgReads; fleet: FleetReads },
  now: number,
): Promise<Record<string, unknown>[]> {
  const certificates = groupByTerminal(await fleet.certificates());
  const codes = new Map<number, EnrolmentRecord>(
    (await fleet.enrolments()).map((code) => [code.terminalKey, code]),
  );
  const windows = new Map((await org.windows()).map(({ id, name }) => [id, name]));
  return (await org.terminals()).map(({ key, id, windowId, lastSeenAt }) => {
    const records = certificates.get(key) ?? [];
    const youngest = records.filter(({ revokedAt }) => revokedAt === null).at(-1);
    const code = codes.get(key);
    return {
      id,
      windowId,
      windowName: windows.get(windowId) ?? null,
      heard: heardOf(lastSeenAt, now),
      lastSeenAt: date(lastSeenAt),
      certificate: certificateState(records, now),
      certificateExpiresAt: date(youngest?.expiresAt ?? null),
      codeExpiresAt: date(code !== undefined && code.expiresAt > now ? code.expiresAt : null),
    };
  });
}

/** Each terminal's, the oldest first, as the store gives them. */
function groupByTerminal(records: readonly CertificateRecord[]): Map<number, CertificateRecord[]> {
  const groups = new Map<number, CertificateRecord[]>();
  for (const record of records)
    groups.set(record.terminalKey, [...(groups.get(record.terminalKey) ?? []), record]);
  return groups;
}
