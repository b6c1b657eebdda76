/** Errors of the operating system and of Node's loader (https://nodejs.org/api/errors.html) in a sentence each. */
import { basename } from 'node:path';
import { lowestFreeDescriptor } from './descriptors.ts';
import { findNodeFault } from './node-version.ts';
import { describeNotOurs } from './owner-names.ts';

type SystemError = {
  code?: unknown;
  message?: unknown;
  path?: unknown;
  syscall?: unknown;
  hostname?: unknown;
};
type Told = { code: string; message: string };

const NO_DESCRIPTORS: Told = {
  code: 'descriptors-none',
  message: 'no more files or connections can be opened: raise LimitNOFILE in the service, or `ulimit -n`',
};

/** @returns null for what is no error of the system. */
export function explainSystemError(error: unknown): Told | null {
  const { code, message, path, syscall } = (error ?? {}) as SystemError;
  const text = String(message ?? '');
  if (/NODE_MODULE_VERSION|Could not locate the bindings file/.test(text) || code === 'ERR_DLOPEN_FAILED')
    return explainLoader(text);
  // A loader that may open no more files finds nothing.
  if (lowestFreeDescriptor() === null) return NO_DESCRIPTORS;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return {
      code: 'not-installed',
      message: `${text.split('\n', 1)[0]}: run \`npm run setup\` in Manyi's folder`,
    };
  if (typeof code !== 'string' || typeof syscall !== 'string') return null;
  const at = typeof path === 'string' ? path : '';
  const file = at === '' ? 'a file' : at;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return at === '' ? null : { code: 'storage-not-ours', message: describeNotOurs(at) };
    case 'EROFS':
      return {
        code: 'storage-read-only',
        message: `${file} is on a disk that can only be read: mount it to be written`,
      };
    case 'ENOSPC':
    case 'EDQUOT':
      return { code: 'storage-full', message: `the disk is full: no room for ${file}` };
    case 'EMFILE':
    case 'ENFILE':
      return NO_DESCRIPTORS;
    case 'ENOTDIR':
    case 'EEXIST':
      return { code: 'folder-invalid', message: `${file} cannot be a folder: a file is in its way` };
    case 'EISDIR':
      return { code: 'file-invalid', message: `${file} is a folder, and a file was expected` };
    case 'ENOENT':
      return { code: 'file-missing', message: `there is no ${file}` };
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return { code: 'path-invalid', message: `${file} cannot be a path (${code})` };
    case 'EIO':
      return { code: 'storage-io', message: `${file} could not be read or written: is the disk good?` };
    default:
      return {
        code: 'system-refused',
        message: `${syscall} ${at} was refused by the system (${code})`.replace('  ', ' '),
      };
  }
}

function explainLoader(text: string): Told {
  const here = `Node.js ${process.versions.node} (${process.execPath})`;
  const old = findNodeFault(process.versions.node);
  if (old !== null) return old;
  const file = basename(/'([^']+\.node)'/.exec(text)?.[1] ?? 'a native module');
  if (text.includes('NODE_MODULE_VERSION'))
    return {
      code: 'node-foreign',
      message: `${file} was built for another Node.js than ${here}: run \`npm run setup\` with this one, or start with the one it was set up with`,
    };
  return {
    code: 'native-module-unusable',
    message: `${file} cannot be loaded by ${here} (${text.split('\n', 1)[0]}): run \`npm run setup\` on this machine`,
  };
}
