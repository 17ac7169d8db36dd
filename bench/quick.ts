/** Whether every part is to measure little: `npm run bench -- --quick`, two minutes. */
export const isQuick = process.env.TSLENS_BENCH_QUICK !== undefined;
