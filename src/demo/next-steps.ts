/** How to go on after the demo: a real key, the bridge, the configuration of Codex. */
import { renderBlock } from '../codex/config-toml';
import { OPTIONS } from '../config/options';
import { renderUrl } from '../command/start-up-line';
import type { TerminalStyle } from '../command/terminal-style';
import { DEMO_MODEL, DEMO_PROVIDER } from './script';

/** Three steps, for PowerShell on Windows; the configuration is the one of codex-protocol.md, section 10. */
export function renderNextSteps(look: TerminalStyle, platform: NodeJS.Platform = process.platform): string {
  const giveKey = platform === 'win32' ? "$env:AI_API_KEY = 'sk-...'" : 'export AI_API_KEY=sk-...';
  const address = { host: OPTIONS.host.default, port: OPTIONS.port.default };
  const block = renderBlock({ model: DEMO_MODEL, catalogFile: undefined, baseUrl: `${renderUrl(address)}/v1` });
  return `
${look.paint('bold', 'Next: the same with a real model and Codex')}

  1. Start the bridge with your key of ${DEMO_PROVIDER?.title ?? 'your provider'}
     (for any other Chat Completions provider add --ai-base-url URL).
     In a clone the second line is: node bin/aliyun-codex-bridge.js

       ${giveKey}
       aliyun-codex-bridge

  2. Tell Codex: aliyun-codex-bridge setup puts this and a model catalog
     into ~/.codex/config.toml, and shows first what will change:

${block.replace(/^(?=.)/gm, '       ')}
  3. In a second terminal:

       codex
`;
}
