package donna.run;

import donna.distill.BlockDistiller;
import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.format.HostTensor;
import donna.graph.Cost;
import donna.jobs.Checkpoint;
import donna.jobs.Store;
import donna.nn.Network;
import donna.nn.Layer;
import donna.space.Block;
import donna.space.Candidate;
import donna.spec.BlockType;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The block library on disk: one file a candidate, named by everything it depends on, so that a larger space trains only what is new.
 */
final class LibraryStage {
    private final Setting setting;
    private final RunFolder folder;
    private final Object teacherInputs;

    LibraryStage(Setting setting, RunFolder folder, Object teacherInputs) {
        this.setting = setting;
        this.folder = folder;
        this.teacherInputs = teacherInputs;
    }

    BlockLibrary run(Teacher teacher) {
        setting.progress().phase("block library");
        Map<BlockDistiller.Job, BlockLibrary.Entry> entries = new LinkedHashMap<>();
        List<BlockDistiller.Job> missing = new ArrayList<>();
        List<BlockDistiller.Job> all = new ArrayList<>();
        int[] options = setting.space().options();
        for (int n = 0; n < options.length; n++) {
            for (int m = 0; m < options[n]; m++) {
                all.add(new BlockDistiller.Job(n, m));
            }
        }
        for (BlockDistiller.Job job : all) {
            folder.load(key(job)).ifPresentOrElse(p -> entries.put(job, entry(p)), () -> missing.add(job));
        }
        missing.removeIf(job -> keepTeacher(teacher, job, entries));
        String checkpoint = RunFolder.keyed("blocks", all.stream().map(this::key).toList());
        if (!missing.isEmpty()) {
            train(teacher, missing, checkpoint, entries);
        }
        Checkpoint.forget(folder, checkpoint);
        List<List<BlockLibrary.Entry>> library = new ArrayList<>();
        for (int n = 0; n < options.length; n++) {
            List<BlockLibrary.Entry> block = new ArrayList<>();
            for (int m = 0; m < options[n]; m++) {
                block.add(entries.get(new BlockDistiller.Job(n, m)));
            }
            library.add(block);
        }
        return new BlockLibrary(library);
    }

    /** What every candidate's weights depend on, apart from the candidate. */
    Object inputs() {
        return List.of(teacherInputs, setting.spec().distill());
    }

    /**
     * Whether the candidate is the teacher's own block, which then is its entry: where the spec says so and it is worded alike, and always where it is the
     * block of a model by name or from a file as it is.
     */
    private boolean keepTeacher(Teacher teacher, BlockDistiller.Job job, Map<BlockDistiller.Job, BlockLibrary.Entry> entries) {
        Candidate candidate = setting.space().candidate(job.block(), job.candidate());
        SearchSpec s = setting.spec();
        Block block = setting.space().blocks().get(job.block());
        boolean own = Networks.isOwn(s);
        boolean kept = own ? candidate.type() == BlockType.OWN : s.distill().keepTeacher() && candidate.equals(Networks.teacherBlocks(s).get(job.block()));
        if (!kept) {
            return false;
        }
        Shape input = Inference.boundaryShapes(teacher.network(), setting.imageShape()).get(job.block());
        if (own && !Networks.isWhole(s.model(), block, candidate, input)) {
            return false;
        }
        Layer layer = Networks.block(s.model(), block, candidate);
        String prefix = own ? "" : Network.blockName(job.block());
        Map<String, float[]> values = new LinkedHashMap<>();
        Inference.parameters(layer, input).forEach(p -> values.put(p.name(), teacher.values().get(prefix + p.name())));
        Cost cost = Networks.cost(layer, input);
        BlockLibrary.Entry entry = new BlockLibrary.Entry(0, cost.macs(), cost.params(), values, Optional.empty());
        folder.save(key(job), piece(entry));
        entries.put(job, entry);
        return true;
    }

    private void train(
            Teacher teacher, List<BlockDistiller.Job> missing, String checkpoint, Map<BlockDistiller.Job, BlockLibrary.Entry> entries) {
        BlockDistiller distiller = new BlockDistiller(setting, teacher);
        Store.Piece variance = folder.piece("teacher/variance", List.of(teacherInputs, setting.spec().distill()), () -> {
            List<float[]> v = distiller.inverseVariance();
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            for (int k = 0; k < v.size(); k++) {
                tensors.put("boundary." + k, HostTensor.of(Shape.of(v.get(k).length), v.get(k)));
            }
            return new Store.Piece(tensors, Map.of());
        });
        List<float[]> inverse = new ArrayList<>();
        for (int k = 0; k < variance.tensors().size(); k++) {
            inverse.add(variance.tensors().get("boundary." + k).floats());
        }
        distiller.run(missing, inverse, checkpoint, (job, entry) -> {
            folder.save(key(job), piece(entry));
            entries.put(job, entry);
            entry.failure().ifPresent(why -> setting.progress().line(name(job) + " cannot be used: " + why));
        });
    }

    private String name(BlockDistiller.Job job) {
        return setting.space().blocks().get(job.block()).name() + "/" + setting.space().candidate(job.block(), job.candidate());
    }

    /** {@code blocks/b1/mk3e2d1r-0123456789ab}. */
    private String key(BlockDistiller.Job job) {
        SearchSpec s = setting.spec();
        Object inputs = List.of(teacherInputs, s.distill(), name(job), setting.space().blocks().get(job.block()));
        return RunFolder.keyed("blocks/" + name(job), inputs);
    }

    private static Store.Piece piece(BlockLibrary.Entry e) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        e.values().forEach((name, v) -> tensors.put(name, HostTensor.of(Shape.of(v.length), v)));
        return new Store.Piece(
                tensors,
                Map.of("nsr", Double.toString(e.nsr()), "macs", Long.toString(e.macs()), "params", Long.toString(e.params()),
                        "failure", e.failure().orElse(""), "version", RunFolder.VERSION));
    }

    private static BlockLibrary.Entry entry(Store.Piece p) {
        return new BlockLibrary.Entry(
                Double.parseDouble(p.word("nsr")),
                Long.parseLong(p.word("macs")),
                Long.parseLong(p.word("params")),
                TeacherStage.values(p),
                Optional.of(p.word("failure")).filter(f -> !f.isEmpty()));
    }
}
