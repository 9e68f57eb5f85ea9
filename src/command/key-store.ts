/**
 * Writes, reads and removes keys in the system's key store, with the system's command-line tool. A key is passed on
 * standard input, because command lines are visible to other users.
 */
import { execFile, spawnSync } from 'node:child_process';
import type { Environment } from '../config/resolve';

export interface KeyStore {
  /** The name to display. */
  readonly title: string;
  /** @returns why the key was not stored, as the end of a sentence; undefined if it was */
  write(name: string, key: string): string | undefined;
  read(name: string): string | undefined;
  /** Like `read`, but does not block: a locked store waits until the user unlocks it. */
  load(name: string): Promise<string | undefined>;
  /** No-op if there is no such key. @returns why the key was not removed, like `write` */
  remove(name: string): string | undefined;
}

/** One run of a tool. */
interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
}

interface Tool {
  readonly title: string;
  /** How to install the tool, or which system it is part of. */
  readonly install: string;
  write(name: string, key: string): ToolCall;
  read(name: string): ToolCall;
  remove(name: string): ToolCall;
}

const SERVICE = 'aliyun-codex-bridge';

const toSecurityCall = (args: readonly string[], input?: string): ToolCall =>
  ({ command: 'security', args, ...(input !== undefined && { input }) });

/** security(1); -i reads commands from standard input, -X takes the key in hexadecimal digits. */
const KEYCHAIN: Tool = {
  title: 'the macOS keychain',
  install: 'it is part of macOS',
  write: (name, key) => toSecurityCall(
    ['-i'], `add-generic-password -U -s ${SERVICE} -a ${name} -X ${Buffer.from(key, 'utf8').toString('hex')}\n`,
  ),
  read: (name) => toSecurityCall(['find-generic-password', '-s', SERVICE, '-a', name, '-w']),
  remove: (name) => toSecurityCall(['delete-generic-password', '-s', SERVICE, '-a', name]),
};

const toSecretToolCall = (verb: string, name: string, more: readonly string[] = []): ToolCall =>
  ({ command: 'secret-tool', args: [verb, ...more, 'service', SERVICE, 'provider', name] });

/** secret-tool(1) of libsecret. */
const SECRET_SERVICE: Tool = {
  title: 'the Secret Service',
  install: 'install libsecret-tools, and unlock a keyring',
  write: (name, key) => ({ ...toSecretToolCall('store', name, ['--label', `${SERVICE}: ${name}`]), input: key }),
  read: (name) => toSecretToolCall('lookup', name),
  remove: (name) => toSecretToolCall('clear', name),
};

/** Windows.Security.Credentials.PasswordVault; Windows PowerShell can load it, PowerShell 7 cannot. */
const toPowershellCall = (script: string, input?: string): ToolCall => ({
  command: 'powershell.exe',
  args: ['-NoProfile', '-NonInteractive', '-Command', `${OPEN_VAULT} ${script}`],
  ...(input !== undefined && { input }),
});

const NAMESPACE = 'Windows.Security.Credentials';

const OPEN_VAULT = `$ErrorActionPreference = 'Stop';
[void][${NAMESPACE}.PasswordVault,${NAMESPACE},ContentType=WindowsRuntime];
$vault = New-Object ${NAMESPACE}.PasswordVault;`;

const CREDENTIAL_MANAGER: Tool = {
  title: 'the Windows Credential Manager',
  install: 'it is part of Windows',
  write: (name, key) => toPowershellCall(`$key = [Console]::In.ReadToEnd().Trim();
$vault.Add((New-Object ${NAMESPACE}.PasswordCredential('${SERVICE}', '${name}', $key)));`, key),
  read: (name) => toPowershellCall(`$found = $vault.Retrieve('${SERVICE}', '${name}');
$found.RetrievePassword(); [Console]::Out.Write($found.Password);`),
  remove: (name) => toPowershellCall(`$vault.Remove($vault.Retrieve('${SERVICE}', '${name}'));`),
};

const TOOLS: { readonly [P in NodeJS.Platform]?: Tool } = { darwin: KEYCHAIN, win32: CREDENTIAL_MANAGER };

/** How security and PowerShell report a missing key; secret-tool succeeds, or fails without a message. */
const NOT_FOUND = /could not be found|not found|cannot find|^secret-tool ended with status 1$/i;

/** A locked keychain may ask the user for its password. */
const TIMEOUT_MS = 60_000;

/** Opens the key store of this system; the tool is found on the PATH of `env`. */
export function openKeyStore(env: Environment, platform: NodeJS.Platform = process.platform): KeyStore {
  const tool = TOOLS[platform] ?? SECRET_SERVICE;
  const options = { env: { ...env }, encoding: 'utf8', timeout: TIMEOUT_MS, windowsHide: true } as const;
  const run = ({ command, args, input = '' }: ToolCall) => spawnSync(command, args, { ...options, input });
  const read = (name: string): string | undefined => {
    const { status, stdout } = run(tool.read(name));
    return status === 0 ? stdout.trim() || undefined : undefined;
  };
  /** Writes or removes a key. Returns why it failed: the first line of the tool's message. */
  const change = (call: ToolCall): string | undefined => {
    const { error, status, stderr } = run(call);
    if (error !== undefined) return `cannot run ${call.command} (${tool.install})`;
    return status === 0 ? undefined : stderr.trim().split('\n')[0] || `${call.command} ended with status ${status}`;
  };
  return {
    title: tool.title,
    read,
    load: (name) => new Promise((resolve) => {
      const { command, args } = tool.read(name);
      const child = execFile(command, args, options, (error, stdout) =>
        resolve(error ? undefined : stdout.trim() || undefined),
      );
      child.stdin?.end();
    }),
    write(name, key) {
      const problem = change(tool.write(name, key));
      // Some tools exit with 0 without having stored the key.
      return read(name) === key ? undefined : (problem ?? `${tool.write(name, key).command} did not store the key`);
    },
    remove(name) {
      const problem = change(tool.remove(name));
      return problem !== undefined && NOT_FOUND.test(problem) ? undefined : problem;
    },
  };
}
