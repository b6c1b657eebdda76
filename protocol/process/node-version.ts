/** Which Node.js is new enough: the `engines` of package.json. */
const WANTED = [20, 19] as const;

/** @param version as `process.versions.node` gives it. @returns null when it will do. */
export function findNodeFault(version: string): { code: 'node-too-old'; message: string } | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])) return null;
  return {
    code: 'node-too-old',
    message: `Manyi needs Node.js ${WANTED.join('.')} or newer, and this is ${version}: install it from https://nodejs.org or with a version manager`,
  };
}
