// Runs named checks one after another and prints one line each.

const DEADLINE = 60_000; // ms a check may take

/** Rejects when `promise` takes longer than `ms`. */
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Runs `checks`, pairs of a sentence and an async function, then `finish`; exits non-zero when a
 * check failed.
 */
export async function run(who, checks, finish = async () => {}) {
  let failed = 0;
  for (const [sentence, check] of checks) {
    const begin = performance.now();
    try {
      await within(DEADLINE, "the check", check());
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      console.log(`ok    ${who}: ${sentence} (${seconds} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${who}: ${sentence}: ${String(error?.message ?? error).split("\n")[0]}`);
    }
  }
  await finish();
  process.exit(failed > 0 ? 1 : 0);
}
