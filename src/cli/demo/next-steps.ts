/** How to go on after the demo: a real key, the bridge, the configuration of Codex. */
import { OPTIONS } from '../../config/options';
import { renderUrl } from '../start-up-line';
import type { Look } from './look';
import { DEMO_MODEL, DEMO_PROVIDER } from './script';

/** Three steps; the configuration is the one of codex-protocol.md, section 10. */
export function renderNextSteps(look: Look): string {
  const address = { host: OPTIONS.host.default, port: OPTIONS.port.default };
  return `
${look.paint('bold', 'Next: the same with a real model and Codex')}

  1. Start the bridge with your key of ${DEMO_PROVIDER?.title ?? 'your provider'}
     (for any other Chat Completions provider add --ai-base-url URL).
     In a clone the second line is: node bin/aliyun-codex-bridge.js

       export AI_API_KEY=sk-...
       aliyun-codex-bridge

  2. Put this into ~/.codex/config.toml:

       model = "${DEMO_MODEL}"
       model_provider = "aliyun"

       [model_providers.aliyun]
       name = "Aliyun Codex bridge"
       base_url = "${renderUrl(address)}/v1"
       env_key = "AI_API_KEY"
       wire_api = "responses"

  3. In a second terminal, with the same AI_API_KEY:

       codex
`;
}
