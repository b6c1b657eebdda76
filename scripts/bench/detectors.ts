/** Precision and recall of the detectors over a labelled set: pure, no gateway. */
import {
  drawCases,
  type Figures,
  figuresOf,
  foundBy,
  isSaid,
  MEANT_FOR,
  type SetSize,
} from './misuse/bench-set.ts';

export type DetectorFigures = {
  seeds: readonly number[];
  misuses: number;
  honest: number;
  all: Figures;
  rules: Record<string, Figures>;
  /** Share of the cases of each kind that something is said of: to be high of a misuse, and 0 of an honest one. */
  kinds: Record<string, { isMisuse: boolean; found: number; by: Record<string, number> }>;
};

export function measureDetectors(size: SetSize): DetectorFigures {
  const cases = drawCases(size);
  const kinds: DetectorFigures['kinds'] = {};
  for (const { kind, isMisuse } of cases) kinds[kind] ??= { isMisuse, found: 0, by: {} };
  for (const [kind, row] of Object.entries(kinds)) {
    const of = cases.filter((one) => one.kind === kind);
    row.found = of.filter(isSaid).length / of.length;
    for (const rule of of.flatMap(foundBy)) row.by[rule] = (row.by[rule] ?? 0) + 1 / of.length;
  }
  return {
    seeds: size.seeds,
    misuses: cases.filter(({ isMisuse }) => isMisuse).length,
    honest: cases.filter(({ isMisuse }) => !isMisuse).length,
    all: figuresOf(cases, null),
    rules: Object.fromEntries(Object.keys(MEANT_FOR).map((rule) => [rule, figuresOf(cases, rule)])),
    kinds,
  };
}

const share = (value: number | null) => (value === null ? '–' : value.toFixed(3));
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

export function printDetectors({ seeds, misuses, honest, all, rules, kinds }: DetectorFigures): void {
  console.log(`Detectors over ${misuses} misuses and ${honest} honest cases (seeds ${seeds.join(', ')}):`);
  const rowOf = ({ precision, recall, found, wrongly }: Figures) => ({
    ...{ precision: share(precision), recall: share(recall), found, wrongly },
  });
  console.table({
    ...Object.fromEntries(Object.entries(rules).map(([rule, figures]) => [rule, rowOf(figures)])),
    'all (to reach: precision ≥ 0.9, recall ≥ 0.8)': rowOf(all),
  });
  console.table(
    Object.fromEntries(
      Object.entries(kinds).map(([kind, { isMisuse, found, by }]) => [
        kind,
        {
          is: isMisuse ? 'misuse' : 'honest',
          found: percent(found),
          'not seen': isMisuse ? percent(1 - found) : '',
          by: Object.entries(by)
            .map(([rule, part]) => `${rule} ${percent(part)}`)
            .join(', '),
        },
      ]),
    ),
  );
}
