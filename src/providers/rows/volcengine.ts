/** Defines what Volcengine's endpoints in China and abroad share. Facts: upstreams.md, sections 1.4 and 2. */
import type { Dialect } from '../dialect';
import { CORE_FIELDS_ONLY, model, VISION } from '../provider';

/** What all of Volcengine's endpoints accept. */
export const VOLCENGINE: Partial<Dialect> = {
  ...CORE_FIELDS_ONLY,
  // Some models reject `xhigh` (reported); `none` and `minimal` switch thinking off (source).
  thinking: { kind: 'thinking', on: 'enabled', levels: ['low', 'medium', 'high'] },
  responseFormat: 'prompt',
};

/** The router of the plans (models.dev#756). */
export const ARK_CODE = model('ark-code-latest', 'Ark Code (latest)', 262_144, 32_768, {
  input: VISION,
  evidence: 'source',
  remark: "The plan's console selects the model.",
});
