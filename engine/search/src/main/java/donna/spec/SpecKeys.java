package donna.spec;

import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.PropertyNamingStrategy;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedField;
import tools.jackson.databind.introspect.AnnotatedMethod;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;
import tools.jackson.databind.type.SimpleType;

/**
 * The {@code ...Spec} records of this package carry the spec's keys in JSON, {@code group_width} for {@code
 * groupWidth}; all others their own names.
 */
final class SpecKeys extends PropertyNamingStrategy {
    private static final long serialVersionUID = 1L;

    @Override
    public String nameForField(MapperConfig<?> config, AnnotatedField field, String name) {
        return key(field.getDeclaringClass(), name);
    }

    @Override
    public String nameForGetterMethod(MapperConfig<?> config, AnnotatedMethod method, String name) {
        return key(method.getDeclaringClass(), name);
    }

    @Override
    public String nameForConstructorParameter(MapperConfig<?> config, AnnotatedParameter parameter, String name) {
        return key(parameter.getDeclaringClass(), name);
    }

    private static String key(Class<?> owner, String name) {
        boolean spec = owner.getPackage() == SpecKeys.class.getPackage()
                && owner.getNestHost().getSimpleName().endsWith("Spec");
        return spec ? name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT) : name;
    }

    /** Writes every enum constant in lower case. */
    static JacksonModule lowerCaseEnums() {
        return new SimpleModule("lower-case enums").addSerializer(new LowerCase());
    }

    private static final class LowerCase extends StdSerializer<Enum<?>> {
        LowerCase() {
            super(SimpleType.constructUnsafe(Enum.class));
        }

        @Override
        public void serialize(Enum<?> value, JsonGenerator out, SerializationContext context) {
            out.writeString(value.name().toLowerCase(Locale.ROOT));
        }
    }
}
