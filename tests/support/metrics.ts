/** What the gateway counts, from /metrics. */
import type { TestGateway } from './gateway.ts';

export type Metrics = {
  /** 0 when it is not there yet: a labelled counter appears with its first count. */
  of(name: string, labels?: Record<string, string>): number;
  /** Over all labels. */
  sum(name: string): number;
};

type Sample = { name: string; labels: Record<string, string>; value: number };

export async function readMetrics(gateway: Pick<TestGateway, 'fetch'>): Promise<Metrics> {
  const response = await gateway.fetch('/metrics');
  if (!response.ok) throw new Error(`/metrics: ${response.status}`);
  const samples = (await response.text()).split('\n').flatMap(parseLine);
  const named = (wanted: string) => samples.filter(({ name }) => name === wanted);
  return {
    of: (name, labels = {}) =>
      named(name).find((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        ?.value ?? 0,
    sum: (name) => named(name).reduce((total, { value }) => total + value, 0),
  };
}

function parseLine(line: string): Sample[] {
  const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!found) return [];
  const [, name = '', text = '', value] = found;
  const labels = Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]),
  );
  return [{ name, labels, value: Number(value) }];
}
