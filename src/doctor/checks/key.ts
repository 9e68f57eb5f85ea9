/** Checks the API key: whether it is set, whose it is, and whether it is complete. Never shows it. */
import { adviseOnMissingKey } from '../../command/api-key';
import { renderOrigin } from '../../command/render';
import { OPTIONS } from '../../config/options';
import { isSet } from '../../config/resolve';
import { quoteSecret } from '../../base/quote';
import { PROVIDERS } from '../../providers/catalog';
import type { ProviderKey } from '../../providers/provider';
import { readNumberedKeys, resolveKey, resolveKeys } from '../../providers/keys';
import { failure, ok, warning, withSettings, type Check, type Finding } from '../check';
import type { DoctorSettings, Examination } from '../examination';

function checkPresence(settings: DoctorSettings, { env }: Examination): Finding {
  const { config, origins, provider } = settings;
  if (config.aiApiKey !== undefined) {
    const unused = provider.keyEnv.filter((name) => isSet(env[name]) && env[name]?.trim() !== config.aiApiKey);
    const rest = unused.length === 0 ? '' : `; overrides ${unused.join(' and ')}`;
    return ok(`set${renderOrigin(origins.aiApiKey)}${rest}`);
  }
  if (!config.forceEnvAuth) return ok('none: the key of each request is forwarded');
  const advice = adviseOnMissingKey(config, env);
  if (advice === undefined) return ok(`none; ${provider.title} needs none`);
  return failure(`none for ${provider.title}`, [...listOtherKeys(settings, env), advice].join(' '));
}

/** A key that is set for another provider may show what the user meant. */
function listOtherKeys({ provider }: DoctorSettings, env: Examination['env']): readonly string[] {
  return PROVIDERS.filter((other) => other !== provider).flatMap((other) => {
    const found = resolveKey(other, env);
    return found ? [`${found.variable} is set: use it with ${OPTIONS.provider.env[0]}=${other.name}.`] : [];
  });
}

interface KeyFlaw {
  readonly pattern: RegExp;
  readonly level: typeof failure;
  readonly seen: string;
  readonly fix: string;
  /** Only for providers whose key format is known, because a self-hosted server accepts any key. */
  readonly known?: true;
}

/** Common copy-and-paste damage to keys. The first match is reported. */
const KEY_FLAWS: readonly KeyFlaw[] = [
  {
    pattern: /^(export\s+)?\w*(API_KEY|TOKEN)\s*=/i, level: failure,
    seen: 'contains its own name', fix: 'Set only the key, without the name and the equals sign.',
  },
  {
    pattern: /^(authorization:\s*)?bearer\b/i, level: failure,
    seen: 'begins with "Bearer"', fix: 'Remove that word: the bridge adds it.',
  },
  {
    pattern: /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, level: failure,
    seen: 'is in quotes', fix: 'Remove the quotes: they have become part of the key.',
  },
  {
    pattern: /^(sk-)?(\.{2,}|…|x{4,}|\*{3,})|your[-_ ]|<.*>|^api[-_ ]?key$/i, level: failure, known: true,
    seen: 'is the placeholder of an example', fix: 'Replace it with your own key.',
  },
  { pattern: /\s/, level: failure, seen: 'contains spaces or line breaks', fix: 'Copy it again, on one line.' },
  {
    pattern: /[^\x21-\x7e]/, level: failure,
    seen: 'contains invalid characters, perhaps invisible ones', fix: 'Copy it again as plain text.',
  },
  {
    pattern: /^.{1,15}$/, level: warning, known: true,
    seen: 'looks too short for a key', fix: 'Copy it again: it may be truncated.',
  },
];

/** Reports the problems of all keys together. */
function checkForm(examination: Examination): Finding {
  const findings = findKeys(examination).map((key) => checkKey(key, examination));
  const problems = findings.flatMap((finding) => (finding.fix === undefined ? [] : [finding]));
  if (problems.length === 0) return ok(findings.map(({ seen }) => seen).join('\n') || 'no key to check');
  const report = problems.some(({ level }) => level === 'failure') ? failure : warning;
  const fixes = new Set(problems.map(({ fix }) => fix));
  return report(problems.map(({ seen }) => seen).join('\n'), [...fixes].join(' '));
}

function checkKey({ variable, key: text }: ProviderKey, { settings, env }: Examination): Finding {
  const provider = settings?.provider;
  const isKnown = provider !== undefined && provider.baseUrls.length > 0 && provider.local === undefined;
  const flaw = KEY_FLAWS.find(({ pattern, known }) => pattern.test(text) && (isKnown || known === undefined));
  const seen = `${variable}, ${quoteSecret(text)}`;
  if (flaw) return flaw.level(`${seen}, ${flaw.seen}`, flaw.fix);
  if (!settings) return ok(seen);
  const { keyShape, title, docs } = settings.provider;
  if (keyShape && !keyShape.pattern.test(text)) {
    return warning(`${seen}, does not look like a key for ${title}`, `${keyShape.advice} See ${docs}`);
  }
  const isOpenAi = text === env['OPENAI_API_KEY']?.trim() && !settings.provider.keyEnv.includes('OPENAI_API_KEY');
  // Alibaba's guide for Codex puts the key of the plan into OPENAI_API_KEY.
  if (isOpenAi && !keyShape) {
    return warning(
      `${seen}, is the same as OPENAI_API_KEY`,
      `If it is an OpenAI key, it does not work at ${new URL(settings.config.aiBaseUrl).host}; do not send it there.`,
    );
  }
  return ok(keyShape ? `${seen}, looks like a key for ${title}` : seen);
}

/** Returns the keys that the bridge uses as they were given, even if the options reject them. */
function findKeys({ flags, env, settings }: Examination): readonly ProviderKey[] {
  const { flags: [flag], env: [variable] } = OPTIONS.aiApiKey;
  if (isSet(flags.aiApiKey)) return [{ variable: flag, key: flags.aiApiKey.trim() }];
  const own = readNumberedKeys(variable, env);
  const set = own.length > 0 || settings === undefined ? own : resolveKeys(settings.provider, env);
  const { config, origins } = settings ?? {};
  if (set.length > 0 || config?.aiApiKey === undefined || origins?.aiApiKey.kind !== 'login') return set;
  return [{ variable: `login ${origins.aiApiKey.name}`, key: config.aiApiKey }];
}

/** The checks of the key. */
export const KEY_CHECKS: readonly Check[] = [
  { id: 'key', title: 'Key', needs: 'nothing', run: withSettings(checkPresence) },
  { id: 'key-form', title: 'Key format', needs: 'nothing', run: checkForm },
];
