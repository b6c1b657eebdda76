/** The rules that a database begins with. */
import type { Calendar } from '../domain/calendar.ts';
import { RULES_OFF } from '../domain/verdicts/rule-settings.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { RuleStore } from '../store/rules.ts';
import { ALL } from './rule-nodes.ts';

export const FIRST_RULES = ['default', 'none'] as const;
export type FirstRules = (typeof FIRST_RULES)[number];

const BY: By = { actor: { kind: 'gateway' }, origin: 'local' };
const EVER = '0000-01-01';

/**
 * A new one has the default rules from the first vote on. Of one that has votes nothing that was published changes: no rules until
 * today, and the default ones from tomorrow on. Once; several gateways may try at the same time. @throws StoreFailure
 */
export async function beginRules(
  rules: RuleStore,
  calendar: Calendar,
  now: number,
  first: FirstRules,
): Promise<void> {
  if ((await rules.versions()).length > 0) return;
  const make = (version: number, validFrom: string, settings: RuleVersion['settings'], reason: string) => ({
    ...{ nodeId: ALL, version, validFrom, validTo: null, settings },
    ...{ reason, madeAt: now, madeBy: 'gateway' },
  });
  try {
    await rules.change(async (tx) => {
      if ((await tx.versions()).length > 0) return tx.unchanged(undefined);
      const tomorrow = calendar.nameOf(calendar.dayOf(now) + 1);
      const versions =
        first === 'none'
          ? [make(1, EVER, RULES_OFF, 'as this gateway was told to begin')]
          : (await tx.hasVotes())
            ? [
                make(1, EVER, RULES_OFF, 'there were no rules'),
                make(2, tomorrow, {}, 'the default rules, for what is pressed from now on'),
              ]
            : [make(1, EVER, {}, 'the default rules')];
      for (const version of versions) await tx.add(version);
      const detail = { versions: versions.map(({ version, validFrom }) => ({ version, validFrom })) };
      return tx.audited({ by: BY, action: 'rules.begin', target: { kind: 'rules' }, detail }, undefined);
    });
  } catch (error) {
    if (!(error instanceof OrgRefusal)) throw error;
  }
}
