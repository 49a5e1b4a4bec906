"""Spanish words beyond those of the offline phrases."""

WORDS = """
extiende extienden constituye constituyen comparando solamente
a abajo abarca acerca además ahora ahí al algo alguna algunas algunos algún alrededor alta alto
altura ambas ambos amplio analizada analizadas analizado ancho anchura anterior anteriores antes
análisis aparece aparecen aprendió aproximada aproximadamente aproximado aquel aquella aquí
archivo arriba asimismo aspecto así aumentado aumentaron aumento aumentó aunque automática
automáticamente automático aviso aún baja bajo bajó basa basada basadas basado basan basándose
cabeza cada calculada calculado calculados cambiado cambio cambios cambió caso casos centro
centímetro centímetros cerca cerebro clase clases clasificación clasificador combinado comentar
comente como comparaciones comparación comparada comparado comparar completa completo comprender
computadora con conjunto consulta consultar consulte contiene contorno contornos contra corregido
corresponde corresponden correspondiente corte cortes crecido creció cual cuales cualquier
cualquiera cuando cuanto cubre cubren cuenta cuya cuyo cuál cúbicos da dado datos de debajo debe
deben decir del delante delantera delantero delimitada delimitadas delimitado delimitados dentro
derecha derecho describe describen desde después detalle detalles detectada detectadas detectado
detectados determinado determinar detrás dibujado dice dichas dicho diferencia diferente
diferentes dirección discutir disminución disminuido disminuyeron disminuyó disponible disponibles
distancia distintas distintos diámetro diámetros documento dos duda dónde e efectuado eje ejemplo
el ella ellas ello ellos embargo en encargado encima encontrada encontrado encuentra encuentran
entender entonces entre equipo equivale era eran es esa esas escala ese eso esos espacio
especialista especialmente esta estaba estado estas este estima estimaciones estimación estimada
estimadas estimado estimados estiman esto estos estudio estudios está están exacta exacto exceder
exclusivamente existe explica explicaciones explicación explicar exploración extensión figura fila
fin final fines forma fue fuera fueron general geometría gran grande grandes grosor ha haber
hablar hable había hace hacer hacia han hasta hay haya hecho hizo identificada identificadas
identificado identificados igual imagen importante imágenes incluida incluido incluye indica
indicada indicado indican inferior inferiores información informe informática informático interior
interpretación interpretar investigación izquierda izquierdo juntas junto juntos la lado lados
larga largo las le lectura les lesiones lesión limitaciones lista lo localiza localización
localizada localizadas localizado localizan longitud los luego lugar límite límites línea manera
manual mapa marcada marcadas marcado marcados mayor mayores mayoría me mediante mediciones
medición medida medidas medido medir menciona mencionada mencionado menor menores menos mide miden
mientras mililitro mililitros milímetro milímetros misma mismas mismo mismos modelo modelos modo
mostrada mostrado mucho muestra muestran muy más máxima máximo médica médico médicos método nada
ni ninguna ninguno ningún nivel no nota note número números o observa observan obtenida obtenidas
obtenido ocupa ocupan orden ordenador orientación orientativo otra otras otro otros paciente para
parcialmente parece parte partes partir pasa pasado pasó pequeña pequeñas pequeño pequeños per
pero perpendicular perpendiculares perpendicularmente persona plano pocas poco pocos podría por
porcentaje porcentajes porque posible posiblemente posibles posición posterior precisión preciso
pregunta preguntar preguntas presenta presentan presente previa previo primer primera primero
principal principalmente probabilidad probabilidades probable probablemente probables procede
procedimiento proceso producto productos profesional programa programas propia propio proporciona
proporción publicado puede pueden punto puntos píxel píxeles que quedó quien quiere qué
radiológica radiólogo rango realizada realizado realizar recuerde reducción reducido redujo
referencia refiere reflejan regiones registrada registrado región relación relativo representa
respectivamente respecto responder resultado resultados resume resumen revisar revise revisión
salvo se sea sean sección segmentación segmentado seguido según sentido ser serie series señala
señalada si sido siempre siendo siguiente siguientes similar simple sin sino situada situadas
situado sobre software solamente solo son su subido subió suma supera superior superiores
superponen superposición supone sus sustituye sustituyen sí tamaño tamaños también tan tanto tener
tenga tenido texto tiene tienen tipo tipos toda todas todavía todo todos tomada total totales
través trazado tumor tumores umbral umbrales un una unas unidad unidades unos usa usado uso usted
utiliza utilizada utilizado valor valores variación varía ve ven versión visible visibles vista
visto volumen volúmenes vuelta y ya zona zonas área áreas él última últimas último único
"""
