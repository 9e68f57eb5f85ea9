/**
 * `npm run codex-diff -- OLD NEW`: what two versions of Codex send in the same scenes, and what differs. A difference
 * without a fact that explains it (explained.ts) ends with exit code 1.
 */
import { captureScenes } from './capture';
import { compareScenes, renderDifferences } from './compare';

async function main([older, newer]: readonly string[]): Promise<number> {
  if (older === undefined || newer === undefined) {
    console.error('Usage: npm run codex-diff -- OLD NEW\nExample: npm run codex-diff -- 0.169.0 0.171.0');
    return 2;
  }
  const differences = compareScenes(await captureScenes(older), await captureScenes(newer));
  console.log(renderDifferences(differences));
  return differences.some(({ why }) => why === undefined) ? 1 : 0;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
