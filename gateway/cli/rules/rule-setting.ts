/** rule=value, as it is written on a command line. */
import { InvalidArgumentError } from 'commander';
import { Compile } from 'typebox/compile';
import { SomeRules } from '../../../protocol/rules.ts';
import { DEFAULT_RULES, isThreshold, type RuleSettings } from '../../domain/verdicts/rule-settings.ts';

const rulesSchema = Compile(SomeRules);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws InvalidArgumentError; whether a value is within its bounds is checked with all of them. */
export function readSetting(text: string, before: Partial<RuleSettings>): Partial<RuleSettings> {
  const [rule = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (!Object.hasOwn(DEFAULT_RULES, rule) || rest.length === 0)
    throw new InvalidArgumentError(`rule=value, with one of ${Object.keys(DEFAULT_RULES).join(', ')}`);
  if (Object.hasOwn(before, rule))
    throw new InvalidArgumentError(`${rule} is there twice: leave one of them out`);
  // Nothing is no 0, which would turn the rule off.
  if (isThreshold(rule)) return { ...before, [rule]: value.trim() === '' ? Number.NaN : Number(value) };
  const read = readJson(value);
  if (read === undefined || !rulesSchema.Check({ [rule]: read }))
    throw new InvalidArgumentError(`${rule}: JSON, as \`manyi --json rules list\` shows it`);
  return { ...before, [rule]: read } as Partial<RuleSettings>;
}
