/** Which browser on which system, as far as a user agent tells; `kind` for its picture. Null for what says nothing. */
export type Device = { browser: string | null; system: string | null; kind: 'computer' | 'phone' };

/** In this order: Edge also says Chrome, Chrome also says Safari, and HarmonyOS also says Android. */
const BROWSERS: readonly [RegExp, string][] = [
  [/MicroMessenger\//, 'WeChat'],
  [/Edg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/QQBrowser\/(\d+)/, 'QQ Browser'],
  [/(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/(?:Headless)?Chrom(?:e|ium)\/(\d+)/, 'Chrome'],
  [/CriOS\/(\d+)/, 'Chrome'],
  [/Version\/(\d+)[^ ]* .*Safari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string, Device['kind']][] = [
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS', 'phone'],
  [/iPhone|iPad/, 'iOS', 'phone'],
  [/Android/, 'Android', 'phone'],
  [/Windows NT/, 'Windows', 'computer'],
  [/Mac OS X/, 'macOS', 'computer'],
  [/CrOS/, 'ChromeOS', 'computer'],
  [/Linux/, 'Linux', 'computer'],
];

export function readDevice(userAgent: string): Device {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent));
  for (const [pattern, name] of BROWSERS) {
    const match = pattern.exec(userAgent);
    if (match !== null) {
      const version = match[1] === undefined ? '' : ` ${match[1]}`;
      return { browser: name + version, system: system?.[1] ?? null, kind: system?.[2] ?? 'computer' };
    }
  }
  return { browser: null, system: system?.[1] ?? null, kind: system?.[2] ?? 'computer' };
}
