package donna.run;

import donna.distill.Images;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.export.ModelCard;
import donna.export.ModelExport;
import donna.nn.Network;
import donna.space.SearchSpace;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.train.Batches;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a finished network as ONNX, batch open, and checks what ONNX Runtime makes of it. */
public final class ExportStage {
    private final Setting setting;

    ExportStage(Setting setting) {
        this.setting = setting;
    }

    /**
     * A network of a search with all that its files say: labels, preprocessing, and under {@code config} how to build it.
     *
     * @param name {@code teacher} or the architecture
     */
    public static ModelExport.Model model(
            SearchSpec spec, Images images, String name, Network network, Map<String, float[]> values) {
        Map<String, Object> config = new LinkedHashMap<>();
        SearchSpace space = SearchSpace.of(spec);
        config.put("model", spec.model());
        config.put("blocks", name.equals("teacher")
                ? Networks.isOwn(spec) ? List.of() : Networks.teacherBlocks(spec)
                : space.candidates(space.parse(name)));
        Map<String, String> details = Map.of("architecture", name, "config", Json.text(config).strip());
        ModelCard card = new ModelCard(images.test().classes(), images.normalization(), Batches.imageShape(images.test()));
        return new ModelExport.Model(name, network, values, card, RunFolder.VERSION, details);
    }

    /** Writes {@code file} and returns the largest difference of a logit. */
    double run(String name, Network network, Map<String, float[]> values, Path file) {
        return ModelExport.onnx(
                        file, model(name, network, values), ModelExport.Form.OPEN, setting.device(), setting.images().test(), setting.progress()::check)
                .maxAbsDifference();
    }

    /** Writes {@code file} again if it is gone or is not what {@link #run} wrote. */
    void restore(String name, Network network, Map<String, float[]> values, Path file) {
        if (!ModelExport.isWritten(file, model(name, network, values), ModelExport.Form.OPEN)) {
            setting.progress().line(file + " was missing or altered; it is exported again");
            run(name, network, values, file);
        }
    }

    private ModelExport.Model model(String name, Network network, Map<String, float[]> values) {
        return model(setting.spec(), setting.images(), name, network, values);
    }
}
