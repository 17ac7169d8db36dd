// Loads the engine as the library does, runs one operation, and prints which engine it was.
const { loadEngine } = require("../../dist/tensors");
const tf = require("@tensorflow/tfjs-core");

loadEngine()
  .then(async (engine) => {
    const [product] = await tf.matMul(tf.ones([1, 3]), tf.ones([3, 1])).data();
    if (product !== 3) throw new Error(`1×3 by 3×1 ones gave ${product}`);
    console.log(JSON.stringify(engine));
  })
  .catch((error) => {
    console.log(JSON.stringify({ failure: error.message }));
    process.exitCode = 1;
  });
